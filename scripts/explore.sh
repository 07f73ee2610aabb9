#!/usr/bin/env bash
# More than a million schedules of every implementation, of each scenario as many at random and by POS, and
# then all of those scenarios that have no more than 100000. Flags of semabench explore may be added, -race
# say; IMPL names implementations.
set -euo pipefail
cd "$(dirname "$0")/.."

tool=$(mktemp -d)/semabench
trap 'rm -rf "$(dirname "$tool")"' EXIT
go build -o "$tool" ./cmd/semabench
# 18000: the implementation with the fewest scenarios has 28, and 2 x 18000 x 28 is just above 10^6.
for how in "random 18000" "pos 18000" "dpor 100000"; do
	read -r strategy schedules <<<"$how"
	code=0
	"$tool" explore -impl "${IMPL:-all}" -strategy "$strategy" -schedules "$schedules" -time 1h "$@" || code=$?
	# 3 is that not all schedules were played, which is not to be had of most scenarios.
	if [ "$code" -ne 0 ] && [ "$code" -ne 3 ]; then
		exit "$code"
	fi
done
