#!/usr/bin/env bash
# What the README tells users to run, in the module of one: its test, its benchmark, and the reports.
set -euo pipefail
cd "$(dirname "$0")/../examples/limiter"

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
go test -race ./...
# 1x and 2: whether it works is the question here, not how fast it is.
go test -run '^$' -bench . -benchtime 1x -count 2 . >"$out/new.txt"
go tool benchstat -col /impl "$out/new.txt" >"$out/benchstat.txt"
tables=$(grep -c '^workload: ' "$out/benchstat.txt")
if [ "$tables" -ne 10 ]; then
	echo "benchstat made tables for $tables workloads, want 10" >&2
	exit 1
fi
go tool semabench report -o "$out/report" "$out/new.txt"

# Published bugs, in the code that had them: each has to be found.
cd ../historical
go test ./...

# Tests of others, as they are, and what was found in them. `go run .` explores all of them.
cd ../suites
go test ./...
go run . -only x/sync/singleflight
