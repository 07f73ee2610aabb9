#!/usr/bin/env bash
# What `go test -race` skips of the explorer: the strategies, held to brute force; three goroutines of two
# operations, exhausted for every implementation; and the kill table, played again where it is cheap.
set -euo pipefail
cd "$(dirname "$0")/.."

go test -count=1 ./stress/explore/internal/strategy
go test -count=1 ./stress/explore -run 'TestThreeByTwoIsComplete|TestKillsOfToday' "$@"
