#!/usr/bin/env bash
# Measures, keeps the text as reports/sample/bench.txt, and draws the sample report and the summary in
# README.md from it. Look at them before they are committed.
set -euo pipefail
cd "$(dirname "$0")/.."

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# Twice the samples of a default run, and longer ones, for figures that everybody looks at first.
go run ./cmd/semabench run -samples 16 -benchtime 100ms -o "$out/results"
mkdir -p reports/sample
mv "$out/results/bench.txt" reports/sample/bench.txt
go test ./cmd/semabench -run Sample -update
