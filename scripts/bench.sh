#!/usr/bin/env bash
# Runs the benchmarks with go test, one after the other in one process, and compares them with benchstat.
set -euo pipefail
cd "$(dirname "$0")/.."

# 6 samples: with fewer, benchstat prints no 95 % interval. 50 ms: all samples take two minutes.
go test -run '^$' -bench Semaphore -benchtime 50ms -count 6 ./bench | tee /dev/stderr |
	go tool benchstat -col /impl -
