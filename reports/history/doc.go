// Package history keeps one small text for each benchmark run of a branch, and finds the commits at
// which a row changed.
//
//	run, err := history.FromText(history.Stamp{Commit: sha, Date: date}, read.Input{Name: "bench.txt"})
//	if err != nil {
//		return err
//	}
//	if _, err := history.Add(dir, run, false); err != nil {
//		return err
//	}
//	h, err := history.Load(dir, history.Options{})
//	if err != nil {
//		return err
//	}
//	return history.WriteText(os.Stdout, h)
//
// # How to run it
//
//	semabench history -add bench.txt -commit $(git rev-parse HEAD) -date $(git log -1 --format=%cI) DIR
//	semabench history DIR
//	semabench history -format html -o history.html DIR
//
// DIR belongs into a cache of the build, or into the repository. Each text is a benchmark text of a
// few kilobytes: a line for each row with its medians. benchstat reads it, too.
//
// A run is the output of go test -bench, the bench.txt of semabench run, or the JSON of semabench
// gate. A gate knows only the ratio of two commits, and no absolute time. So its rows are ratios,
// and a curve shows the product of all ratios up to each run.
//
// # How a change is found
//
// The medians of a row are split in two at each place, and the place at which the ranks of the two parts
// differ most is taken (a CUSUM of ranks, after Pettitt 1979): the one whose sum of ranks has the smallest
// chance in runs of random order. A permutation test says how often shuffled medians are as far apart. If
// that is rare enough, the place is a change point, and both parts are searched in the same way. Each point
// is tested again, in the runs between the change points before and after it. A point that fails this test is
// dropped.
//
// A slowdown that was reverted is no step: on either side of each split are fast runs. So a part
// without a step is searched for a block of three runs or more whose ranks differ from all others (a
// circular binary segmentation, after Olshen and others 2004). Both ends of the block are change
// points. With noise of 1 %, a row among 20 that was 10 % slower in runs 11 to 18 of 30 shows both
// changes, at these very runs, in 50 of 50 histories (TestPower).
//
// The method uses ranks and not values, because one run on a busy machine is far away from all
// others. E-divisive means, which Apache Otava uses, would let that run move a mean. Values decide only at
// which run near the place of the ranks the change is: where they lie nearest to the two medians. The
// permutations begin with a fixed seed, so the same texts give the same answer.
//
// Neighbouring changes in one direction may be a slope instead of steps. The two models are
// compared by their absolute errors and the number of their parameters (as BIC does). For a slope
// the report names no commit, because many share the change. It names a rate for each month.
//
// At most 5 % of the histories without any change show one. Each row is tested at an equal share of
// 3.6 % for steps, and of 0.9 % for blocks. TestFalseChanges simulates 60 runs:
//
//	noise of a run                   1 row           20 rows
//	normal, 3 %                      41 of 1000      9 of 333
//	one run in ten slower by 50 %    28 of 1000      7 of 333
//	two modes, 20 % apart            42 of 1000      9 of 333
//
// Rows of equal values take no share, since no order of their runs shows a change.
// Rows beyond 1000 share a further 4.5 %: permutations for a smaller share would take minutes.
//
// # What this does not show
//
// A change needs runs on both sides. After 20 runs, a slowdown of 20 % of a single row shows in its third run, and
// of one row among 20 in its fifth. A gate judges a single commit.
//
// Runs are taken to be independent of each other. A machine that drifts for weeks looks like code
// that drifts. Where the processor or the toolchain changed at the same run, the change says so.
// A median is one number: history does not know how noisy a run was in itself.
package history
