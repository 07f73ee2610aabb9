#!/usr/bin/env bash
# Runs the tests of the explorer that are skipped under -race: every strategy against brute force, all schedules of
# three goroutines with two operations for every implementation, and the kill table.
set -euo pipefail
cd "$(dirname "$0")/.."

export SEMABENCH_LONG=1
go test -count=1 ./stress/explore/internal/strategy
go test -count=1 ./stress/explore -run 'TestThreeByTwoIsComplete|TestKillsOfToday' "$@"
