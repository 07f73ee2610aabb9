#!/usr/bin/env bash
# The benchmarks as any Go package's: sequential, in one process, compared by benchstat.
set -euo pipefail
cd "$(dirname "$0")/.."

# 6 samples are the fewest that give benchstat a 95 % interval; 50 ms keep it at two minutes.
go test -run '^$' -bench Semaphore -benchtime 50ms -count 6 ./bench | tee /dev/stderr |
	go tool benchstat -col /impl -
