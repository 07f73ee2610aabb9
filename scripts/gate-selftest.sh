#!/usr/bin/env bash
# How often the gate cries wolf on this machine, and how often it sleeps: reports/gate/selftest.md. Flags: -short.
set -euo pipefail
cd "$(dirname "$0")/.."

# A family of 22 rows takes one to two minutes, so 25 hold 12 to 25; with -keep DIR the next call adds to them.
exec go run ./internal/duel/selftest "$@"
