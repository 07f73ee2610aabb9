#!/usr/bin/env bash
# The kill matrix: every mutant meets every detector. The argument says how many times; once takes
# under a minute on two cores. The table is kept in stress/mutants.md.
set -euo pipefail
cd "$(dirname "$0")/.."

out=stress/mutants.md
# 60 m: twenty runs need a third of that.
status=0
go test -count=1 -timeout 60m -run 'TestMutants$' ./stress \
	-mutants.runs="${1:-1}" -mutants.write="$PWD/$out" || status=$?
cat "$out"
echo "written to $out" >&2
exit "$status"
