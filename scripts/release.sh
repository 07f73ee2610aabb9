#!/usr/bin/env bash
# Builds semabench for every system and processor into a new folder, with a file of checksums:
# scripts/release.sh DIST. TARGETS="linux/amd64" builds fewer.
set -euo pipefail
dist=${1:?name the folder for the files}
mkdir "$dist"
dist=$(cd "$dist" && pwd)
cd "$(dirname "$0")/.."

for target in ${TARGETS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64}; do
	export GOOS=${target%/*} GOARCH=${target#*/}
	name=semabench-$GOOS-$GOARCH
	[ "$GOOS" != windows ] || name=$name.exe
	# Without cgo one file runs on every system with this kernel. -trimpath makes the same file in every folder, and so
	# the checksum can be checked by a build. The version is the tag of the checkout: the go command stamps it.
	CGO_ENABLED=0 go build -trimpath -buildvcs=true -ldflags=-s -o "$dist/$name" ./cmd/semabench
	echo "built $name" >&2
done
cd "$dist"
sha256sum semabench-* >SHA256SUMS
