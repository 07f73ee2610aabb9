#!/usr/bin/env bash
# Runs the commands of README.md in the module of a user: the test, the benchmark and the reports. Then it runs
# published bugs and the tests of other modules under the explorer.
set -euo pipefail
cd "$(dirname "$0")/../examples/limiter"

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
go test -race ./...
# 1x and 2: this script asks whether the commands work, not how fast the limiter is.
go test -run '^$' -bench . -benchtime 1x -count 2 . >"$out/new.txt"
go tool benchstat -col /impl "$out/new.txt" >"$out/benchstat.txt"
tables=$(grep -c '^workload: ' "$out/benchstat.txt")
if [ "$tables" -ne 10 ]; then
	echo "benchstat made tables for $tables workloads, want 10" >&2
	exit 1
fi
go tool semabench report -o "$out/report" "$out/new.txt"

# The explorer has to find each published bug in the code that had it, and nothing in the code with the repair. Most of
# the time are builds: one for each set of versions that can be in one module.
cd ../historical
go test -timeout 30m -v -run TestPublished . | grep -E '^ *(\||--- FAIL|published_test)|^(ok|FAIL|PASS)'
go test -skip TestPublished .

# The explorer plays tests of other modules unmodified; `go run .` plays all 40 packages.
cd ../suites
go test ./...
go run . -only x/sync/singleflight
