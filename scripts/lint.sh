#!/usr/bin/env bash
# What must hold of the source without running it. In every module.
set -euo pipefail
cd "$(dirname "$0")/.."

unformatted=$(gofmt -l .)
if [ -n "$unformatted" ]; then
	printf 'gofmt would change:\n%s\n' "$unformatted" >&2
	exit 1
fi
go vet ./...
go tool staticcheck ./...
go mod tidy -diff
for os in darwin windows; do # it is developed on Linux; it has to build elsewhere too
	GOOS=$os go vet ./...
done
cd examples/limiter
go vet ./...
go mod tidy -diff
