#!/usr/bin/env bash
# Measures this machine, stores the texts in reports/sample, and draws the sample reports and the figures of README.md
# from them. Look at the pages before you commit them.
set -euo pipefail
cd "$(dirname "$0")/.."

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# Twice the samples of a default run, and longer ones: every reader of README.md looks at these figures first.
go run ./cmd/semabench run -priority -samples 16 -benchtime 100ms -o "$out/results"
mkdir -p reports/sample
mv "$out/results/bench.txt" reports/sample/bench.txt
go run ./cmd/semabench parallel -priority -o "$out/parallel"
mkdir -p reports/sample/parallel
mv "$out"/parallel/parallel.txt "$out"/parallel/parallel-workers.json reports/sample/parallel
go test ./cmd/semabench -run 'Sample|Claims' -update
