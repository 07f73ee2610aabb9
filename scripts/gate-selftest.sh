#!/usr/bin/env bash
# How often the gate cries wolf on this machine, and how often it sleeps: reports/gate/selftest.md. Flags: -short.
set -euo pipefail
cd "$(dirname "$0")/.."

# 7 minutes held 5 families of 22 rows at a load of 3, so 25 hold about 18; the page counts them.
exec go run ./internal/duel/selftest "$@"
