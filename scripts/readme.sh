#!/usr/bin/env bash
# Measures, keeps the text as reports/sample/bench.txt, and renews the table in README.md from it.
set -euo pipefail
cd "$(dirname "$0")/.."

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# 10 samples: enough that p < 0.001 is possible in the table that everybody looks at first.
go run ./cmd/semabench run -samples 10 -o "$out/results"
mkdir -p reports/sample
mv "$out/results/bench.txt" reports/sample/bench.txt
go test ./cmd/semabench -run TestReadmeShowsTheSample -update
