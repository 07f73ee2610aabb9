# Every target works in a fresh clone: Go fetches what it needs, tools included (go tool).

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## benchmark every implementation on this machine and write a report (under 3 minutes)
	go run ./cmd/semabench run $(RUNFLAGS)

.PHONY: test
test: ## prove the implementations under the race detector, and test everything else (under 5 minutes)
	go test -race -timeout 40m ./...
	./scripts/million.sh
	./scripts/exhaust.sh
	./scripts/example.sh

.PHONY: parallel
parallel: ## do the same work by threads and by processes, and write a page of what that says (under 2 minutes)
	go run ./cmd/semabench parallel $(PARALLELFLAGS)

.PHONY: mutants
mutants: ## let every detector meet every planted bug, RUNS times; prints and writes the kill matrix
	./scripts/mutants.sh $(RUNS)

.PHONY: explore
explore: ## play 10^6 schedules and more of every implementation (EXPLOREFLAGS=-race watches each; IMPL= chooses)
	./scripts/explore.sh $(EXPLOREFLAGS)

.PHONY: bench
bench: ## the plain `go test -bench` of the implementations, compared by benchstat
	./scripts/bench.sh

.PHONY: lint
lint: ## gofmt, go vet, staticcheck, go mod tidy; changes nothing
	./scripts/lint.sh

.PHONY: gate
gate: ## compare the benchmarks with origin/main: BASE=, PACKAGES=, ARGS= choose others
	./scripts/gate.sh

.PHONY: gate-selftest
gate-selftest: ## how often the gate cries wolf here, and how often it sleeps (under 25 minutes; SELFTESTFLAGS=-short)
	./scripts/gate-selftest.sh $(SELFTESTFLAGS)

.PHONY: readme
readme: ## measure, and renew reports/sample and what README.md shows of it (about 8 minutes)
	./scripts/readme.sh

.PHONY: clean
clean: ## remove the results of make run and the failures of semabench stress
	rm -rf results stress-failures
