#!/usr/bin/env bash
# Every test that `make test` has no time for. `make help` has the table of both.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$1" >&2; }

step "long tests of every package, under the race detector"
# 40m for one package: three times what the slowest one takes on two cores with other work on them.
SEMABENCH_LONG=1 go test -race -timeout 40m ./...
step "a million random operations on every implementation"
./scripts/million.sh
step "the explorer, exhaustively"
./scripts/exhaust.sh
step "examples: a semaphore in a module of its own, published bugs, tests of other modules"
./scripts/example.sh
step "semaphores of other modules: every clause, and that each declared defect is there"
(cd bench/rivals && SEMABENCH_LONG=1 go test -race -timeout 20m ./...)
step "semaphores between processes: every clause, make and cargo"
# 10 runs of each number of jobs: the 1000 runs of the weekly workflow find rarer failures.
./scripts/process.sh 10
