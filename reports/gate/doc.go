// Package gate judges whether a change made benchmarks slower, so that a build may fail by it.
//
//	run, err := gate.Read("run.jsonl", file) // or measured just now
//	if err != nil {
//		return err
//	}
//	report := gate.Judge(run, gate.Options{})
//	gate.WriteText(os.Stdout, report)
//	os.Exit(report.Exit())
//
// # How it judges
//
// A [Run] holds pairs: two processes, one of each side, that took turns at the same benchmark. A
// pair gives one quotient new/old; of several pairs with the same two code layouts the average counts,
// once. Of the quotients of a row come the estimate of Hodges and
// Lehmann with its interval ([Estimate]) and the exact p of Wilcoxon's signed rank test. What stands for
// a process is a fast one of its slices, its octile. Where several goroutines run, the mean of all
// slices is tested too, as a test more of the run: locks are often as fast as ever until somebody waits.
// It regresses from 25 % on, as locks have moods.
//
// A row is REGRESSED if its ratio is over 1 + margin and p, corrected for all rows, is small
// enough. The margin is the greatest of what the user asks for, 3 %, and what the row differs by
// from itself. By default it takes two stages: rows that look slower in the first ([Suspects])
// are measured again with fresh processes, and those pairs alone decide. The chance of even one
// false REGRESSED in a run is at most [Options].FalseAlarm, 0.5 %, for any number of rows, because
// a row that did not change becomes a suspect with p <= 0.2 and then needs p <= 0.025/rows on new
// data. Nothing is ever measured a third time.
//
// A row is UNCHANGED only if its whole interval lies inside the margin. Everything in between is
// INCONCLUSIVE, with the slowdown that the run would have found. Exact metrics need no test: see
// [Counted]. A [Waiver] lets a row regress for a while. Every run carries controls, the old side
// against itself and with a slowdown planted, and is invalid unless they come out right.
//
// Two benchmark texts can be judged too ([FromTexts]), but what they say of time is advice, unless they
// were measured as below. Other units than ns/op, allocs/op and B/op are judged in texts only, and only
// if a Unit line calls them exact.
//
// # In a workflow
//
// The command is semabench gate, which measures and judges:
//
//	semabench gate -base origin/main -inconclusive 10% ./...
//
// Build tags and other flags of the go command go into GOFLAGS (-tags=integration). A workspace has
// no ./... of its own: name its modules, ./a/... ./b/.... Of a revision there are the files that git has,
// with the submodules that are checked out, and nothing that is ignored; where a build needs that, a go.work
// say, compare two directories. A package that does not build, or whose benchmarks cannot be listed, is a
// row that FAILED, and the others are judged.
//
// On GitHub, after actions/checkout with fetch-depth 2 or more and actions/setup-go:
//
//   - uses: semabench/semabench@main
//     with:
//     packages: ./...
//     args: -inconclusive 10% -max-time 15m
//
// (there is no release yet: put a commit where main is, so that it does not change under you)
// adds the verdict to the summary of the job and uploads the page, the JUnit file, the run and, of
// rows that REGRESSED, CPU profiles of both sides. On any other CI scripts/gate.sh does the same; it
// can be copied. Both need the history that holds the base. A checkout may be read-only.
//
// Choose rows with -bench: a row takes one to three seconds, and the more rows there are the more
// each of them has to show. Prefer rows of one goroutine on shared machines: of contended ones only
// great slowdowns of waiting are seen there, and those that hardly meet say so.
//
// # A baseline in the repository
//
// What is worth keeping is not figures but which code had them: a file with a revision, measured anew
// beside the change on whatever machine runs today.
//
//	semabench gate -base "$(cat gate-base)"
//
// Against the merge base a hundred slowdowns of 2 % pass one by one; against a revision that is
// moved on purpose, with a commit, their sum does not:
//
//	git rev-parse HEAD >gate-base # and commit it, saying why
//
// The checkout has to have that revision: fetch-depth 0, or git fetch origin "$(cat gate-base)".
//
// A benchmark text in the repository is good for what is exact, allocs/op and B/op, on any machine of
// the same architecture; its times are advice, and on another processor the run is invalid, so
// -exact leaves them aside. -cpu 1 keeps the number of cores out of the names:
//
//	go test -run '^$' -bench . -benchmem -benchtime 1000x -count 3 -cpu 1 ./... >baseline.txt # kept
//	go test -run '^$' -bench . -benchmem -benchtime 1000x -count 3 -cpu 1 ./... >new.txt
//	semabench gate -exact baseline.txt new.txt
//
// There allocs/op is rounded down, so one more in 1000 operations needs the two revisions.
//
// The run that -o writes (gate.jsonl) is the record of a verdict. -replay judges it again, with
// other waivers or another minimum effect, without measuring anything.
//
// # Waivers
//
// A slowdown that is wanted has a waiver in a file given as -waivers; see [ParseWaivers]. It
// names the row, how far it may go, why, and until when. While it is needed it is printed, once it has
// expired or fits no row the exit code is 2, so that it does not outlive its reason.
//
// # Budgets
//
// -max-time drops pairs, the same share of every row, until the run is expected to fit. What that costs
// is in the report: the fact pairs-dropped, and for each row what it would have found. Half the
// pairs find slowdowns that are 1.4 times as large, and fewer than 6 have no interval. A run that
// does not fit even so stops, keeps what it has, and exits with 3: it never passes by having looked
// at less. -row-time does the same for one slow row.
//
// A second a row and three seconds a package is a budget to begin with, twice that for rows that are
// contended or allocate. What does not fit is better divided than thinned out: a few rows at each
// pull request (-bench), all of them each night.
//
// # Texts that are no advice
//
// go test -count writes the values of one process, and semabench run those of one side; neither can
// know of the other side. Where nothing but texts can be had, as on a device that only runs
// finished programs, let both sides take turns, each value from a process and from a link of its own, and
// say so; the gate looks whether it can be true:
//
//	head=$(printf 'session: %s\norder: interleaved\nlayout: random' "$(date +%s)")
//	for side in old new; do echo "$head" >$side.txt; done
//	for i in $(seq 20); do
//		order='old new'; [ $((i % 2)) = 0 ] && order='new old'
//		for side in $order; do
//			(cd "../$side" && go test -run '^$' -bench . -benchmem -benchtime 100ms \
//				-ldflags=-randlayout=$((2 * i)) ./...) >>$side.txt
//		done
//	done
//	semabench gate old.txt new.txt
//
// That takes much longer than a duel and finds less, because each value has the luck of a process.
// Nothing keeps a text from claiming what is not so.
//
// # INCONCLUSIVE
//
// means that the interval holds both: no change, and a slowdown of the minimum effect. It is not a
// suspicion; most such rows did not change, on a machine that was too busy to show it. By default they
// fail the gate with exit code 3. -inconclusive 10% lets those pass that would have shown a slowdown of
// 10 %, and warn all of them; on shared runners 10% is what to begin with. Whether more pairs
// would help, and how many, is printed. Running it again until it passes is the one thing that must
// not be done: the promise on false alarms holds for one run.
//
// # What this does not show
//
// The test supposes that pairs are independent and that luck is as likely to favour either side.
// Pairs that share something, as a neighbour who is busy during one side only, break
// that; the margin and the control against itself are there for it, and neither is a proof.
//
// UNCHANGED and the intervals are not corrected: among 100 rows that are 3 % slower, 2 or 3 may
// have an interval that ends below. A ratio is of the typical operation; nothing here speaks of
// rare slow ones. And a promise on false alarms is not one on slowdowns: read what the run would
// have found.
package gate
