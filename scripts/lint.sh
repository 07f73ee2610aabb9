#!/usr/bin/env bash
# Checks the source of every module without running its tests. Changes nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

unformatted=$(gofmt -l .)
if [ -n "$unformatted" ]; then
	printf 'gofmt would change:\n%s\n' "$unformatted" >&2
	exit 1
fi
leftovers=$(git ls-files '*.orig' '*.rej' '*.bak')
if [ -n "$leftovers" ]; then
	printf 'tracked leftovers of a merge, remove them:\n%s\n' "$leftovers" >&2
	exit 1
fi
# One binary serves all modules: only the main module lists staticcheck as a tool.
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
go build -o "$bin/staticcheck" honnef.co/go/tools/cmd/staticcheck
# A module in testdata is the input of a test: unused code may be the point of it.
for mod in $(git ls-files go.mod '*/go.mod' ':!:**/testdata/**'); do
	echo "lint: module $(dirname "$mod")" >&2
	(
		cd "$(dirname "$mod")"
		go vet ./...
		"$bin/staticcheck" ./...
		go mod tidy -diff
	)
done
for os in darwin windows; do # developed on Linux; it has to build on these systems too
	GOOS=$os go vet ./...
done
