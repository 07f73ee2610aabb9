// Package gate judges whether a change made benchmarks slower, so that a build
// can fail by it.
//
//	run, err := gate.Read("run.jsonl", file) // or measured just now
//	if err != nil {
//		return err
//	}
//	report := gate.Judge(run, gate.Options{})
//	gate.WriteText(os.Stdout, report)
//	os.Exit(report.Exit())
//
// run.go has the record of a measurement and the format of its file. judge.go turns a record into a
// [Report]. decide.go gives one row its verdict, with the help of timing.go, looks.go, counts.go,
// instructions.go and waiver.go. controls.go judges the controls by the same steps. report.go has the types
// of the result. benchmarktexts.go judges texts instead of records. The other files render a report.
//
// These are one file more than twenty. A package of its own for rendering would need fields of the
// report exported that no user of this package reads.
//
// # How it judges
//
// The code before the change is the old side, the code after it the new side. A row is one
// benchmark, or one sub-benchmark.
//
// A [Run] holds pairs: two processes, one of each side, that took turns at the same benchmark. A
// pair gives one quotient new/old. Several pairs with the same two code layouts count as one
// quotient, their average. The quotients of a row give the estimate of Hodges and Lehmann with its
// interval ([Estimate]), and the exact p of Wilcoxon's signed rank test.
//
// A slice is one turn of a process. The time of a process is the geometric mean of the fastest quarter of
// its slices. Where several goroutines run, the mean of all slices is tested too, as
// one more test of the run, because a slower lock often shows only in slices in which a goroutine
// waits. A mean has to be 25 % slower to regress: whether goroutines wait often or seldom can last
// as long as the process, so means of equal code differ.
//
// A row is REGRESSED if its ratio is over 1 + margin, and its p, corrected for
// all rows, is small enough. The margin is the greatest of three: the minimum
// effect that the user chose, 3 %, and the difference that the row, or rows of its kind, showed when
// the old side was compared with itself.
//
// By default judging takes two stages. Rows that look slower in the first stage ([Suspects]) are
// measured again with fresh processes, and those pairs alone decide. The chance of even one false
// REGRESSED in a run is at most [Options].FalseAlarm, 0.5 %, for any number of rows. The reason: a
// row that did not change becomes a suspect with p <= 0.2, and then needs p <= 0.02/tests on new
// data. “tests” is the number of rows, plus one for each row whose means are tested. A row that is
// no suspect may have a second stage too; it needs p <= 0.00125/tests. There is no third stage.
//
// A row is UNCHANGED only if its whole interval lies within the minimum effect of 1. It is NOT
// SLOWER if only the slower end of the interval lies there: the row may be faster. If neither time
// nor counts decide a row, it is INCONCLUSIVE, and the report names the slowdown that the run would
// have seen. Exact metrics need no test; see [Counted]. A [Waiver] lets a row regress for a while.
//
// Every run carries controls: the old side against itself, unchanged and with a slowdown planted. A
// run in which a control comes out wrong is invalid, and must not pass. But a row that REGRESSED in
// both stages, or in a count, still regressed, and the exit code is 1. The planted slowdown is the
// smallest that the noise lets the run find, and 10 % at least. If the planted slowdown is over
// 10 %, or shows without being significant, the run is weaker but not invalid: no row then claims
// that it would have shown a smaller slowdown.
//
// Two benchmark texts can be judged too ([FromTexts]). Their verdicts on time are
// advice, unless the texts were measured as below. Units other than ns/op,
// allocs/op and B/op are judged in texts only, and only if a Unit line calls them
// exact.
//
// # Equal code
//
// A change of documentation, of a comment, of a test or of a function that no
// benchmark calls changes no benchmark. Measuring could only show noise. A row is
// IDENTICAL, and passes, if its benchmark can read no file that differs, and if one
// of two things holds:
//
//   - The test binary of its package is equal byte for byte on both sides.
//   - Everything is equal that a process can execute or read when it runs this benchmark alone:
//     machine code with the targets of its references, and data, from the entry of the binary
//     through the init functions of all packages, TestMain and package testing to the benchmark.
//     Only the place of the code in the binary may differ, which can change a time by chance. Package
//     cmd/internal/reach says how the gate compares.
//
// The benchmark of an IDENTICAL row is not run, so the row does not show whether the benchmark
// fails. The row stands for a whole benchmark function, because the names of sub-benchmarks are
// known only once they run. A run in which every row is IDENTICAL takes seconds, and needs no
// controls.
//
// The binaries are built for this comparison: with -trimpath, without build ids,
// revisions and random layouts. Line numbers and names of functions count only if
// the benchmark can ask the runtime for them.
//
// The gate assumes that a benchmark reads a file unless it can tell otherwise. A benchmark that
// reaches no function which opens files, starts programs or lists folders reads none. For every
// other benchmark, the source of the whole test binary decides which files it may read. Code that
// lists folders or starts programs may read all files. Code that opens files may read the testdata
// of its package, and every file if a string literal of the code could be a part of its path. The
// gate does not see names that the code reads from files or puts together from parts of one or two
// letters, nor system calls in assembly.
//
// The gate measures a row if it cannot tell whether the code is equal: with cgo, libraries,
// profiles for -pgo, flags in GOFLAGS that replace files or tools, another Go version or
// environment, code or files outside of the repository, and every package that does not build.
// -measure-same measures rows of equal code too.
//
// # Instructions
//
// On a busy machine, times are often too noisy to decide. The machine instructions of an operation
// hardly depend on the load, so they are a second instrument, for rows whose goroutines do not wait
// for each other. Instructions are counted before the times are measured: by the counters of the
// processor where the system has them, or else by valgrind. On a CI runner, apt-get install valgrind
// provides valgrind. With neither, times and allocations alone decide, and the report's fact
// "instructions" says what is missing.
//
// Each side is counted in three processes or more, on one processor and with the garbage collector
// off. The range of these values is the band of the row, 0.5 % at least. Of six values the highest
// does not count, because on a busy machine a process now and then executes more. Rows that vary by
// more than 0.8 %, such as rows that fill maps, are counted in twelve processes of each side, and so
// are rows that look like MORE WORK: chance puts six of one side above six of the other in one of
// 924 rows. Rows that vary are COUNTED if the interval of the change, which holds in 99.9 % of cases,
// lies within the minimum effect, 3 %. The report prints the width of that interval.
//
// A row is not counted, and its reason says so, if six values vary by more than 5 %, if its
// operations start goroutines, or if its goroutines wait for each other, for a timer or for a lock.
// A row of RunParallel is counted if its goroutines do not wait for each other. If the machine was
// so busy that they did not run at the same time, equal instructions decide nothing: goroutines that
// do not overlap would not have met at a lock either.
//
// A row is COUNTED if its time is inconclusive, its instructions agree within the band, and it does
// not allocate more. A COUNTED row passes, and so does a row with LESS WORK. A row with MORE WORK is
// named, and timed again as far as -max-time allows; then time decides. -instructions 5% makes a row
// regress that executes over 5 % more. A row that REGRESSED or IMPROVED in time keeps that verdict,
// whatever its instructions say, and so does a row whose whole interval lies above no change.
//
// Instructions do not show cache misses, waiting, the kernel, or code layout, and their ratio
// differs from the ratio of times by up to a factor of two. The processor that valgrind simulates
// has no AVX-512 and no SHA instructions, so code that asks for these takes another path.
//
// # In a workflow
//
// The command is semabench gate, which measures and judges:
//
//	semabench gate -base origin/main -inconclusive 10% ./...
//
// Build tags and other flags of the go command go into GOFLAGS
// (-tags=integration). A workspace has no ./... of its own: name its modules,
// ./a/... ./b/....
//
// A revision has the files that git has, with the submodules that are checked
// out, and no ignored files. A build that needs ignored files, such as a go.work,
// has to compare two directories. A package that does not build, or whose
// benchmarks cannot be listed, is a row that FAILED, and the other rows are
// judged.
//
// On GitHub, after actions/checkout with fetch-depth 2 or more and
// actions/setup-go:
//
//   - uses: semabench/semabench@main
//     with:
//     packages: ./...
//     args: -inconclusive 10% -max-time 15m
//
// (There is no release yet. Put a commit in place of main, so that the action
// does not change under you.) The action adds the verdict to the summary of the
// job. It uploads the page, the JUnit file, the run and, for rows that REGRESSED,
// CPU profiles of both sides. On any other CI scripts/gate.sh does the same; it
// can be copied. Both need the history that holds the base. A checkout may be
// read-only.
//
// Choose rows with -bench. A row takes one to three seconds, and the more rows there are, the
// smaller the p that each of them has to reach. On shared machines prefer rows of one goroutine.
// There a contended row shows only large slowdowns of waiting. A row with several goroutines that
// hardly met each other says so.
//
// On GitHub a row that fails is annotated at the line of its benchmark.
//
// # Why a row is slower
//
// For each row that REGRESSED, is WAIVED or executes more instructions, the report lists the
// functions that the benchmark reaches and whose machine code differs between the sides, and the
// variables whose content differs. The largest changes of size come first. A caller into which a
// changed function was inlined is in the list. Functions are paired by their names. So a closure
// that did not change is in the list if the compiler gave it another number. The list explains a
// verdict, and decides none. CPU profiles of both sides are beside the report. Row.Costs compares
// them, and the page draws both as one flame graph.
//
// # A baseline in the repository
//
// Do not keep times; keep the revision of the code that was measured. Then the gate measures that
// code anew, in turns with the changed code, on the machine that it runs on today.
//
//	semabench gate -base "$(cat gate-base)"
//
// If each change is compared with its merge base, a hundred slowdowns of 2 % pass one by one.
// Compared with a fixed revision, their sum does not pass. Move that revision with a commit of its
// own:
//
//	git rev-parse HEAD >gate-base # and commit it, saying why
//
// The checkout has to have that revision: fetch-depth 0, or git fetch origin
// "$(cat gate-base)".
//
// A benchmark text in the repository serves for exact counts, allocs/op and B/op,
// on any machine of the same architecture, with the same Go version and build
// flags. Its times are advice. On another processor the run is invalid, and
// -exact ignores the times. -cpu 1 keeps the number of cores out of the names:
//
//	go test -run '^$' -bench . -benchmem -benchtime 1000x -count 3 -cpu 1 ./... >baseline.txt # kept
//	go test -run '^$' -bench . -benchmem -benchtime 1000x -count 3 -cpu 1 ./... >new.txt
//	semabench gate -exact baseline.txt new.txt
//
// In such a text allocs/op is rounded down. Finding one more allocation in 1000
// operations needs the two revisions.
//
// The run that -o writes (gate.jsonl) is the record of a verdict. -replay judges
// it again, with other waivers or another minimum effect, without measuring
// anything.
//
// # Waivers
//
// A slowdown that you accept gets a waiver in a file given as -waivers; see [ParseWaivers]. A
// waiver names the row, how much slower it may be, why, and until when. The report prints each
// waiver that a row needs. Once a waiver has expired, or fits no row, the exit code is 2, so that
// it does not outlive its reason. In a run with rows that are IDENTICAL a waiver may fit no row,
// because sub-benchmarks are unknown there.
//
// # Budgets
//
// -max-time limits the whole run, with building, linking, the second stage and profiles. The run
// exceeds -max-time by a tenth at most. Instructions are counted first, and take half of the time at
// most. Then the gate drops pairs until it expects the run to fit: first all pairs of rows that
// counts decide, and then the same share of the pairs of all other rows. The gate plans anew before
// each package. The report says what the limit costs: the fact pairs-dropped, and for each row the
// slowdown that it would have found. Half the pairs find slowdowns that are 1.4 times as large, and
// fewer than 6 pairs have no interval. A row for which no time was left is judged by its counts.
// Without counts it is INCONCLUSIVE, and names the flag that helps. Measuring fewer pairs never
// makes a run pass. -row-time limits the time of each row; a slow row then has fewer pairs, but 10 at
// least.
//
// Begin with a budget of a second for each row and three seconds for each
// package, and twice as much for rows that are contended or allocate. If the rows do
// not fit, do not measure each row less, but fewer rows at a time: a few rows at each pull request
// (-bench), and all rows each night.
//
// # Texts whose verdicts count
//
// go test -count writes the values of one process, and semabench run writes the
// values of one side. Neither lets the two sides take turns. On a device that
// only runs finished programs, texts may be the only record there is. Then run the two sides in
// turns, link and start a new process for each value, and declare this in the text, as below. The
// gate checks whether the values agree with the declaration:
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
// That takes much longer than semabench gate and finds less, because each value is of another
// process, and processes of the same program differ. The gate cannot detect every false declaration.
//
// # INCONCLUSIVE
//
// The interval of an INCONCLUSIVE row usually contains both no change and a slowdown of the minimum
// effect. That is no sign of a slowdown: most such rows did not change, and the machine was too
// busy to show it. By default they fail the gate with exit code 3. -inconclusive 10% lets those
// rows pass that would have shown a slowdown of 10 %, and warn lets all of them pass. On shared
// runners begin with 10%.
//
// The report says how many more pairs would probably decide the row. Do not run
// the gate again until it passes: the promise on false alarms holds for one run.
//
// # What this does not show
//
// The test supposes that pairs are independent and that chance favours either side equally. Another
// program that is busy only while one side runs violates this. The margin and the control of the old
// side against itself make a false alarm less likely then, but prove nothing.
//
// UNCHANGED and the intervals are not corrected for the number of rows. Among 100 rows that are 3 %
// slower, 2 or 3 may have an interval that ends below 3 %. A ratio is of the typical operation, and
// says nothing about rare slow ones. A promise on false alarms is no promise on slowdowns: read
// which slowdown the run would have found.
package gate
