#!/usr/bin/env bash
# Plays more than a million schedules of every implementation: of each scenario the same number by the strategies random
# and pos, then every schedule of the scenarios that have at most 100000; at last the enumerated programs, for each
# implementation until PROGRAMS (4h by default) is over. The arguments are flags of semabench explore, such as -race. IMPL
# names implementations.
set -euo pipefail
cd "$(dirname "$0")/.."

tool=$(mktemp -d)/semabench
trap 'rm -rf "$(dirname "$tool")"' EXIT
go build -o "$tool" ./cmd/semabench
# 18000: every implementation has at least 28 scenarios, and 2 x 18000 x 28 is just above 10^6.
for how in "random 18000" "pos 18000" "dpor 100000"; do
	read -r strategy schedules <<<"$how"
	code=0
	"$tool" explore -impl "${IMPL:-all}" -strategy "$strategy" -schedules "$schedules" -time 1h "$@" || code=$?
	# Exit code 3: some schedules were not played. Most scenarios have too many to play all.
	if [ "$code" -ne 0 ] && [ "$code" -ne 3 ]; then
		exit "$code"
	fi
done
# 6: the programs of one call more than by default, which have about ten times as many schedules.
"$tool" explore -impl "${IMPL:-all}" -calls 6 -time "${PROGRAMS:-4h}" "$@" || [ $? -eq 3 ]
