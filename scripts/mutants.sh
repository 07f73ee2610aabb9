#!/usr/bin/env bash
# The kill matrix: every mutant meets every detector. The argument says how many times; once takes
# under a minute on two cores, and the schedule explorer, which needs no second time, one more. The tables
# are kept in stress/mutants.md.
set -euo pipefail
cd "$(dirname "$0")/.."

out=stress/mutants.md
go test -count=1 -timeout 30m -run 'TestKillMatrix$' ./stress/explore -kills.write="$PWD/stress/explore/kills.md"
# 60 m: twenty runs need a third of that.
status=0
go test -count=1 -timeout 60m -run 'TestMutants$' ./stress \
	-mutants.runs="${1:-1}" -mutants.write="$PWD/$out" || status=$?
cat "$out"
echo "written to $out" >&2
exit "$status"
