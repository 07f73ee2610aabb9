#!/usr/bin/env bash
# Measures how often the gate raises a false alarm on this machine, and how often it misses a slowdown. Writes
# reports/gate/selftest.md. Flags: -short.
set -euo pipefail
cd "$(dirname "$0")/.."

# One family has 22 rows and takes one to two minutes: 25 minutes hold 12 to 25 families. With -keep DIR the next call
# adds to the families of this one.
exec go run ./cmd/internal/duel/selftest "$@"
