#!/usr/bin/env bash
# Runs the commands of README.md and docs in the module of a user: the test, the benchmark and the reports. Then it runs
# published bugs, findings and the tests of other modules under the explorer.
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

# The limiter with a lost wake-up has to fail, with the lines that README.md and docs/testing.md show.
if go test -tags lost ./lost >"$out/lost.txt"; then
	echo "the limiter in examples/limiter/lost passes" >&2
	exit 1
fi
for page in README.md docs/testing.md; do
	sed -n '/^--- FAIL: TestSchedules/,/^```/p' "../../$page" | grep -vE '^(```|--- FAIL|.*…$)' >"$out/shown.txt"
	while IFS= read -r line; do
		if ! grep -qF -- "${line#"${line%%[! ]*}"}" "$out/lost.txt"; then
			echo "$page shows a line that go test -tags lost ./lost does not print: $line" >&2
			exit 1
		fi
	done <"$out/shown.txt"
	if [ "$(wc -l <"$out/shown.txt")" -lt 4 ]; then
		echo "$page does not show the failure of examples/limiter/lost" >&2
		exit 1
	fi
done

# The explorer has to find each published bug in the code that had it, and nothing in the code with the repair. Most of
# the time are builds: one for each set of versions that can be in one module.
cd ../historical
go test -timeout 30m -v -run TestPublished "$@" . | grep -E '^ *(\||--- FAIL|published_test)|^(ok|FAIL|PASS)'
go test -skip TestPublished .

# The programs of docs/findings.md have to fail in the newest versions of public modules as that page says.
cd ../findings
go test -p 1 ./...

# The explorer plays tests of other modules unmodified; `go run .` plays all 40 packages.
cd ../suites
go test ./...
go run . -only x/sync/singleflight
echo "all examples ran in $SECONDS s"
