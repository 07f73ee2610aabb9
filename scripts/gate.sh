#!/usr/bin/env bash
# The gate for any CI: compares the working directory with BASE, with the exit codes of `semabench gate -h`.
#   BASE      revision of the old side; default: where this branch left origin/main
#   PACKAGES  default ./...
#   ARGS      flags of semabench gate, split at blanks; default -inconclusive 10%
#   OUT       directory for the report, which must not have one; default results/gate-<time>
#   SEMABENCH one that is built already, else the one around this script, else SEMABENCH_VERSION
set -euo pipefail

tool=${SEMABENCH:-}
if [ -z "$tool" ]; then # built, because `go run` turns every exit code into 1
	tool=$(mktemp -d)/semabench
	here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
	if grep -qs '^module github.com/semabench/semabench$' "$here/go.mod"; then
		go -C "$here" build -o "$tool" ./cmd/semabench
	else
		GOBIN=$(dirname "$tool") go install "github.com/semabench/semabench/cmd/semabench@${SEMABENCH_VERSION:-latest}"
	fi
fi
base=${BASE:-}
if [ -z "$base" ]; then
	base=$(git merge-base origin/main HEAD)
	if [ "$base" = "$(git rev-parse HEAD)" ] && [ -z "$(git status --porcelain)" ]; then
		base=HEAD^ # on main itself, and nothing is changed
	fi
fi
read -ra args <<<"${ARGS--inconclusive 10%}"
read -ra packages <<<"${PACKAGES:-./...}"
# exec: the signal of a CI that cancels has to reach the gate, which then keeps what it measured.
exec "$tool" gate -base "$base" -o "${OUT:-results/gate-$(date -u +%Y%m%d-%H%M%S)}" \
	${args[@]+"${args[@]}"} "${packages[@]}"
