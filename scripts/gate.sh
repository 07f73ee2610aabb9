#!/usr/bin/env bash
# The gate for any CI: compares the working directory with BASE. `semabench gate -h` lists the exit codes.
#   BASE              revision of the old side; default: the commit at which this branch left origin/main
#   PACKAGES          patterns of the go command; default ./...
#   ARGS              flags of semabench gate, split at blanks; default -inconclusive 10%
#   OUT               directory for the report; it must not hold a report yet; default results/gate-<time>
#   SHARD             one of several parts of the rows, as 2/3, which several machines measure; default: all rows
#   JOIN              directory with one directory per shard, each an OUT of above: judges them together, and measures nothing
#   SEMABENCH         path of a built semabench; default: build the module around this script
#   SEMABENCH_VERSION version to install if this script stands outside of the module; default latest
set -euo pipefail

tool=${SEMABENCH:-}
if [ -z "$tool" ]; then # build it: `go run` would turn every exit code into 1
	tool=$(mktemp -d)/semabench
	here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
	# The tool may need a newer Go than the project: setup-go exports GOTOOLCHAIN=local. Only the tool gets it.
	# Exit code 2 and not 1: a tool that cannot be built is no regression.
	if grep -qs '^module github.com/semabench/semabench$' "$here/go.mod"; then
		GOTOOLCHAIN=auto go -C "$here" build -o "$tool" ./cmd/semabench
	else
		GOTOOLCHAIN=auto GOBIN=$(dirname "$tool") go install \
			"github.com/semabench/semabench/cmd/semabench@${SEMABENCH_VERSION:-latest}"
	fi || { echo "gate.sh: semabench could not be built or installed" >&2; exit 2; }
fi
read -ra args <<<"${ARGS--inconclusive 10%}"
out=${OUT:-results/gate-$(date -u +%Y%m%d-%H%M%S)}
if [ -n "${JOIN:-}" ]; then
	exec "$tool" gate -join -o "$out" ${args[@]+"${args[@]}"} "$JOIN"/*/
fi
base=${BASE:-}
if [ -z "$base" ]; then
	base=$(git merge-base origin/main HEAD) || { echo "gate.sh: no common commit with origin/main: set BASE" >&2; exit 2; }
	if [ "$base" = "$(git rev-parse HEAD)" ] && [ -z "$(git status --porcelain)" ]; then
		base=HEAD^ # a clean checkout of main: compare its last commit
	fi
fi
read -ra packages <<<"${PACKAGES:-./...}"
# exec: a CI that cancels the job signals this process. The gate must receive that signal to keep its measurements.
exec "$tool" gate -base "$base" -o "$out" ${SHARD:+"-shard=$SHARD"} \
	${args[@]+"${args[@]}"} "${packages[@]}"
