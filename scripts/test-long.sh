#!/usr/bin/env bash
# Runs the tests that `make test` has no time for. Arguments choose steps; without one all steps run:
#
#   packages   the long tests of every package, under the race detector
#   million    a million random operations on every implementation
#   exhaust    the explorer, exhaustively
#   examples   a semaphore in a module of its own, published bugs, tests of other modules
#   process    semaphores between processes: every clause, make and cargo
#   cluster    semaphores between machines: the contract, faults, planted bugs
#
# `make help` shows what each tier tests.
set -euo pipefail
cd "$(dirname "$0")/.."

for step in "${@:-all}"; do
	case "$step" in
	all | packages | million | exhaust | examples | process | cluster) ;;
	*)
		echo "test-long.sh: no step $step: want packages, million, exhaust, examples, process or cluster" >&2
		exit 2
		;;
	esac
done

# run STEP COMMAND… runs the command if the step is chosen.
chosen=" ${*:-packages million exhaust examples process cluster} "
run() {
	if [[ "$chosen" == *" $1 "* || "$chosen" == " all " ]]; then
		printf '\n== %s\n' "$1" >&2
		"${@:2}"
	fi
}

# 40m for one package: three times what the slowest one takes on two cores with other work on them.
run packages env SEMABENCH_LONG=1 go test -race -tags=explored -timeout 40m ./...
run million ./scripts/million.sh
run exhaust ./scripts/exhaust.sh
run examples ./scripts/example.sh
# 10 runs of each number of jobs: the 1000 runs of the weekly workflow find rarer failures.
run process ./scripts/process.sh 10
# A module of its own: its dependencies, the etcd server among them, are not the suite's.
run cluster env -C impls/cluster SEMABENCH_LONG=1 go test -race -timeout 40m ./...
