#!/usr/bin/env bash
# Tries every verb of a built semabench for a few seconds, on any system: scripts/smoke.sh PATH-OF-SEMABENCH
# A verb that this system cannot serve has to say so in its own words, with the exit code 2.
set -euo pipefail
tool=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

# try CODE… -- WORDS… runs a verb, which has to exit with one of the codes.
try() {
	local codes=() code=0
	while [ "$1" != -- ]; do codes+=("$1") && shift; done
	shift
	"$tool" "$@" >out.txt 2>&1 || code=$?
	for c in "${codes[@]}"; do
		if [ "$c" = "$code" ]; then
			echo "ok   exit $code   semabench $*"
			[ "$code" != 2 ] || tail -1 out.txt
			return
		fi
	done
	echo "FAIL exit $code, want ${codes[*]}   semabench $*" && cat out.txt
	exit 1
}

for i in 1 2 3 4 5 6 7 8; do
	printf 'BenchmarkA/impl=a-2 100 10%d ns/op\nBenchmarkA/impl=b-2 100 20%d ns/op\n' $i $i >>old.txt
	printf 'BenchmarkA/impl=a-2 100 20%d ns/op\nBenchmarkA/impl=b-2 100 20%d ns/op\n' $i $i >>new.txt
done
mkdir p
printf 'module example.org/p\n\ngo 1.26\n' >go.mod
printf 'package p\n\nfunc Add(a, b int) int { return a + b }\n' >p/p.go
printf 'package p\n\nimport "testing"\n\nfunc BenchmarkAdd(b *testing.B) {\n\tfor b.Loop() {\n\t\tAdd(1, 2)\n\t}\n}\n' >p/p_test.go
cp -r p q

try 0 -- version
try 0 -- help
try 0 -- completion bash
try 0 -- policies
try 0 -- report -format text old.txt
try 0 -- agree old.txt old.txt
try 3 -- gate old.txt new.txt
try 0 -- history -add old.txt -commit c0ffee1 -date 2026-11-30 history
try 0 -- run -impl weighted -workload uncontended -samples 2 -benchtime 5ms -o run
try 0 -- stress -impl weighted -time 2s
try 0 2 -- stress -impl slots -time 2s # shared memory of processes: not on Windows
try 0 2 -- parallel -quick -works grain -rounds 2 -o parallel
if command -v go >/dev/null; then
	try 0 -- vet ./...
	try 0 3 -- gate -old . -new . -pairs 10 -max-time 20s ./p
	try 2 -- explore ./p # the module does not require this suite
fi
