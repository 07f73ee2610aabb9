#!/usr/bin/env bash
# Tests semaphores between processes at length: every clause of the contract between two processes, and many runs of
# make and cargo that share one jobserver. The argument is the number of runs for each number of jobs.
set -euo pipefail
cd "$(dirname "$0")/.."

# Flags of a test follow its package: the go command does not know them.
# C34 and R1 expect that a failed TryAcquire means that permits are missing. A jobserver does not promise that.
go test -timeout 1h -run ContractBetween -skip 'ContractBetween/jobserver/(C34|R1)' ./impls/process -process.clauses

# The two tests try six numbers of jobs, so 167 runs of each make 1002. One run has 19 jobs and takes a second.
go test -timeout 2h -v -run 'TestServerOfMakeAndCargo|TestClientBesideCargoOfMake' \
	./impls/process -process.runs "${1:-167}"
