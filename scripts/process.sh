#!/usr/bin/env bash
# What `make test` has no time for, of the semaphores that processes share: every clause of the contract
# between two processes, and a thousand runs of make and cargo at once on one jobserver.
set -euo pipefail
cd "$(dirname "$0")/.."

# Flags of a test come behind its package: the go command does not know them.
# C34 and R1 hold a failed try against a jobserver, which does not promise that one fails only for want of permits.
go test -timeout 1h -run ContractBetween -skip 'ContractBetween/jobserver/(C34|R1)' ./impls/process -process.clauses

# Six numbers of jobs, 167 runs of each: 1002. Each has 19 jobs, and takes a second.
go test -timeout 2h -v -run 'TestServerOfMakeAndCargo|TestClientBesideCargoOfMake' \
	./impls/process -process.runs "${1:-167}"
