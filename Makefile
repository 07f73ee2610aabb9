# Every target works in a fresh clone: Go fetches what a target needs, tools included (go tool).

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets, and which tests run where
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2} \
		/^#\|/ {sub(/^#\| ?/, ""); print "  " $$0}' $(MAKEFILE_LIST)

.PHONY: run
run: ## benchmark every implementation on this machine and write a report (under 4 minutes on free cores)
	go run ./cmd/semabench run $(RUNFLAGS)

.PHONY: test
test: ## prove the implementations under the race detector, and test everything else (5 minutes on 2 cores)
	@$(MAKE) --no-print-directory -k -j 2 test-raced test-plain

# Two run at once: the last package of either leaves a core idle otherwise. The tests of jobservers must not find the
# jobserver of this make.
.PHONY: test-raced test-plain
test-raced:
	@echo "go test -race the semaphores and their judges"
	@unset MAKEFLAGS MFLAGS MAKELEVEL; go test -race $(TESTFLAGS) $(RACED)

test-plain:
	@echo "go test everything else"
	@unset MAKEFLAGS MFLAGS MAKELEVEL; go test $(TESTFLAGS) $(SLOWEST) $(PLAIN)

.PHONY: test-race
test-race: ## test the rest under the race detector, too, and run each test once that takes seconds: after make test
	@$(MAKE) --no-print-directory -k -j 2 race-once race-plain race-explored

# SEMABENCH_LONG=ci asks for the tests that CI runs once: see package longtest.
.PHONY: race-plain race-explored race-once
race-plain race-explored race-once: export SEMABENCH_LONG := $(or $(SEMABENCH_LONG),ci)
race-plain:
	@echo "go test -race everything else"
	@unset MAKEFLAGS MFLAGS MAKELEVEL; go test -race $(TESTFLAGS) $(SLOWEST) $(PLAIN)

race-explored:
	@echo "go test -race -tags=explored -run '$(EXPLORED)' $(EXPLORING)"
	@unset MAKEFLAGS MFLAGS MAKELEVEL; go test -race -tags=explored $(TESTFLAGS) -run '$(EXPLORED)' $(EXPLORING)

race-once:
	@echo "go test -race -run '$(ONCE)' $(ONCE_IN)"
	@unset MAKEFLAGS MFLAGS MAKELEVEL; go test -race $(TESTFLAGS) -run '$(ONCE)' $(ONCE_IN)

# The semaphores, and the judges that run them in parallel. The race detector takes twice the time, and most of the other
# packages run one goroutine at a time, or turn text into text. These meet the detector in make test-race.
# Two packages in the folder of the judges turn source into source. Each package is in one of the lists.
JUDGES := /impls(/|$$)|/stress$$|/stress/internal/
SOURCE := /stress/internal/(generated|mutate)$$
RACED = $(shell go list ./... | grep -E '$(JUDGES)' | grep -Ev '$(SOURCE)')
PLAIN = $(shell go list ./... | grep -E '$(SOURCE)'; go list ./... | grep -Ev '$(JUDGES)')

# These tests of the semaphores play an instrumented copy, one goroutine at a time. The race detector would compile the
# explorer and that copy once more: a minute of processor time. Hence their files have the build constraint
# "!race || explored", make test skips them, and make test-race and make test-long set that tag.
EXPLORED := TestResizeUnderEverySchedule|TestEnumerated|TestWrongResizeFails|TestBypassThenHandOff|TestQueueUnderEverySchedule
EXPLORING := ./impls/semaphore ./impls/process

# The tests of the raced packages that make test skips or shortens, because they take seconds. A test of package longtest
# compares the list with the tests.
ONCE := TestDeclaringLess|TestSuitesInParallel|TestNeighbours|TestTwoSuites|TestSuiteBeside|TestServerOfCargo
ONCE_IN := ./stress ./impls/process

# -w: no debugger reads a test, and its link takes half the time. -vet=off: make lint runs all of go vet.
TESTFLAGS := -timeout 20m -ldflags=-w -vet=off

# The packages with the longest tests come first: at the end they would keep one core busy and leave the other idle.
SLOWEST := ./stress/explore ./reports ./cmd/semabench ./cmd/internal/duel

.PHONY: test-long
test-long: ## every test that takes longer: see the table below (half an hour and more)
	./scripts/test-long.sh

.PHONY: parallel
parallel: ## do the same work by threads and by processes, and write a page of the answers (under 2 minutes)
	go run ./cmd/semabench parallel $(PARALLELFLAGS)

.PHONY: cluster
cluster: ## ten processes take turns by three etcd servers, of which one is killed (in seconds; nothing to install)
	go run -C impls/cluster ./demo

.PHONY: mutants
mutants: ## play planted bugs against every detector, RUNS times, and generated ones (MUTANTSFLAGS='-sample 150')
	./scripts/mutants.sh $(RUNS)

.PHONY: explore
explore: ## play 10^6 schedules and more of every implementation, for hours (PROGRAMS=3m: one; EXPLOREFLAGS=-race; IMPL=)
	./scripts/explore.sh $(EXPLOREFLAGS)

.PHONY: bench
bench: ## the plain `go test -bench` of the implementations, compared by benchstat
	./scripts/bench.sh

.PHONY: lint
lint: ## gofmt, go vet, staticcheck, go mod tidy in every module; changes nothing
	./scripts/lint.sh

.PHONY: gate
gate: ## compare the benchmarks with origin/main: BASE=, PACKAGES=, ARGS= choose others
	./scripts/gate.sh

.PHONY: gate-selftest
gate-selftest: ## measure false alarms and missed slowdowns of the gate (under 25 minutes; SELFTESTFLAGS=-short)
	./scripts/gate-selftest.sh $(SELFTESTFLAGS)

.PHONY: readme
readme: ## measure, and renew reports/sample and the figures of README.md (about 8 minutes)
	./scripts/readme.sh

.PHONY: clean
clean: ## remove the results of make run and the failures of semabench stress
	rm -rf results stress-failures

#|
#| what is tested                                        make test           make test-race adds   make test-long adds
#| ----------------------------------------------------  ------------------  --------------------  -----------------------------
#| contract of each implementation, under -race          every clause        weaker declarations   a million random operations
#| semaphores between processes (impls/process)          every mechanism     two suites, cargo     two processes, make, cargo
#| semaphores between machines (impls/cluster)           -                   -                     all, with etcd and Redis
#| every schedule of queues, bypass and Resize           -                   small programs        100 000 schedules each
#| mutants: the planted wrong semaphores                 each is refuted     table of the explorer the whole kill table
#| explorer: strategies against brute force              small programs      counting loops        3 goroutines x 2 operations
#| explorer: rewriting and builds                        one module          workspaces, bubbles   vendored, bad caches
#| explorer: published bugs, tests of other modules      -                   -                     examples/historical, suites
#| benchmarks, threads and processes (bench)             one short sample    -                     every mode and workload
#| everything but the implementations under -race        -                   all                   -
#| reports, pages in a browser                           one or two views    every use and view    the slow pages
#| gate: recorded runs, judgements, outputs              all                 runs of small modules whole gates of repositories
#| command line: every verb                              one run each        runs of explore       interrupts, resumes, kills
#| commands that README shows (examples/limiter)         -                   -                     all of them
#|
#| make test-race sets SEMABENCH_LONG=ci: CI runs these tests once, after make test. make test-long sets SEMABENCH_LONG=1,
#| which asks for all tests. A test that is skipped without the variable names it in its reason.
