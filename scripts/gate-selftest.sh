#!/usr/bin/env bash
# How often the gate cries wolf on this machine, and how often it sleeps: reports/gate/selftest.md. Flags: -short.
set -euo pipefail
cd "$(dirname "$0")/.."

# 25 minutes hold 30 families of 22 rows on two quiet cores; the page says how many they held.
exec go run ./internal/duel/selftest "$@"
