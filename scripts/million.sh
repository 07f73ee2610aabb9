#!/usr/bin/env bash
# A million random operations on every real implementation under the race detector.
set -euo pipefail
cd "$(dirname "$0")/.."

# 10^6: ten times what a plain `go test` plays; a minute on two cores.
go test -race -count=1 ./stress -run 'TestImplementations/.*/R1-random' -stress.ops=1000000 "$@"
