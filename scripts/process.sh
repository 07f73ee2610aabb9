#!/usr/bin/env bash
# What `make test` has no time for, of the semaphores that processes share: every clause of the contract
# between two processes, and a thousand runs of make and cargo at once on one jobserver.
set -euo pipefail
cd "$(dirname "$0")/.."

# C34 and R1 hold a failed try against a jobserver, which does not promise that one fails only for want of permits.
go test -run ContractBetween -skip 'ContractBetween/jobserver/(C34|R1)' -process.clauses ./impls/process

# Six numbers of jobs, 167 runs of each: 1002. Each has 19 jobs, and takes a second.
go test -timeout 2h -v -run 'TestServerOfMakeAndCargo|TestClientBesideCargoOfMake' \
	-process.runs "${1:-167}" ./impls/process
