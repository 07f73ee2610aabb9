#!/usr/bin/env bash
# Runs the benchmarks as those of any Go package: one after the other, in one process, compared by benchstat.
set -euo pipefail
cd "$(dirname "$0")/.."

# 6 samples: with fewer, benchstat prints no 95 % interval. 50 ms: the whole takes two minutes.
go test -run '^$' -bench Semaphore -benchtime 50ms -count 6 ./bench | tee /dev/stderr |
	go tool benchstat -col /impl -
