#!/usr/bin/env bash
# Plays a million random operations on every implementation under the race detector.
set -euo pipefail
cd "$(dirname "$0")/.."

# 10^6: 250 times the operations of `make test`; two minutes on two cores.
go test -race -count=1 ./stress -run 'TestImplementations/.*/R1-random' -stress.ops=1000000 "$@"
