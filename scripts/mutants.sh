#!/usr/bin/env bash
# Plays every mutant against every detector and writes the kill matrix to stress/mutants.md. The argument is the number
# of runs. One run takes under a minute on two cores. The schedule explorer takes one minute more, once: its counts do
# not change from run to run.
#
# Then it plays generated mutants that have no result in stress/generated.md yet, for ten minutes. It prints the share
# that each judge refutes, and each survivor. MUTANTSFLAGS='-sample 150 -time 20m', for example, replaces that bound.
set -euo pipefail
cd "$(dirname "$0")/.."

out=stress/mutants.md
go test -count=1 -timeout 30m -run 'TestKillMatrix$' ./stress/explore -kills.write="$PWD/stress/explore/kills.md"
# 60m: twenty runs, as in the weekly workflow, take 20 minutes.
status=0
go test -count=1 -timeout 60m -run 'TestMutants$' ./stress \
	-mutants.runs="${1:-1}" -mutants.write="$PWD/$out" || status=$?
cat "$out" stress/explore/kills.md
echo "written to $out" >&2
# shellcheck disable=SC2086 # several flags
go run ./stress/internal/generated ${MUTANTSFLAGS:--time 10m}
exit "$status"
