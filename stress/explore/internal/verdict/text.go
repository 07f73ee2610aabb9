package verdict

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// The sentences of results stand in this file and nowhere else; package failure writes the schedule
// itself, column by column.

const (
	replayPassedText = "this schedule does not fail"
	notStartedText   = "interrupted before it began"
	elsewhereText    = "explored in another process"
)

// Render returns a schedule that fails as text. A Builder returns no error, so the branch is for a
// report that cannot be written at all; its error is then the text, because an empty result would
// hide the failure.
func Render(s *failure.Report) string {
	var b strings.Builder
	if err := s.WriteText(&b); err != nil {
		return err.Error()
	}
	return b.String()
}

// text returns the text of a result without a failure. The pairs come last: they tell how much the
// schedules differed, which a count of schedules alone does not. Schedules without number can
// repeat the same few orders.
func (e *Exploration) text(r *Result) string {
	at := ""
	if e.At != "" {
		at = "; the time was over in " + e.At + ", which had not come to an operation that explore knows"
	}
	return e.playedText(r.Bound) + at + fmt.Sprintf(
		"\n%d ordered pairs of dependent operations were seen, %d of them with their reverse",
		r.Pairs, r.Reversed)
}

// playedText says what was played, and which bound was reached.
//
// Each case relies on the cases before it: after the first two a bound was reached, and "complete"
// stands in no later text.
func (e *Exploration) playedText(bound string) string {
	played, programs := e.Total.Played, len(e.Programs)
	switch {
	case bound == "" && programs == 1:
		return e.completeText()
	case bound == "":
		return fmt.Sprintf("%s %d schedules of %d scenarios (%d played)",
			completeAll(e.Detector), e.classes(), programs, played)
	case e.Long && played > e.Total.Endless:
		return e.sampleText(bound)
	// All programs are open in a shard, so none is named.
	case bound == BoundShard:
		return plural.Of(played, "schedule") + " played and none failed: " + e.Elsewhere
	// A schedule without an end is usually a loop that waits, so the text counts these schedules.
	case bound == boundSteps && programs == 1:
		return fmt.Sprintf("%d of %d schedules came to no end within %s",
			e.Total.Endless, played, e.boundText(bound))
	case programs == 1 && played == e.Total.Endless: // each was cut off, or there was none
		return "no schedule came to its end: " + e.boundText(bound)
	case programs == 1:
		return fmt.Sprintf("%s played and none failed, but not all were: %s",
			plural.Of(played, "schedule"), e.boundText(bound))
	case e.drawnOnly():
		return fmt.Sprintf("%d schedules of %d scenarios drawn and none failed: %s",
			played, programs, e.boundText(bound))
	}
	open := e.incomplete()
	// Each open program has a line of its own: a user raises the bound for these, and not for all.
	text := fmt.Sprintf(
		"%d schedules of %d scenarios played and none failed; %d scenarios are not complete: %s",
		played, programs, len(open), e.boundText(bound))
	for _, p := range open {
		text += fmt.Sprintf("\nnot complete: %s (%s)", p.Name, plural.Of(p.Played, "schedule"))
	}
	return text
}

// sampleText says what was played if the schedules are long. They are so many that the word complete is
// out of reach, and the text names their length: with a smaller body there would be more of them.
func (e *Exploration) sampleText(bound string) string {
	endless := ""
	if n := e.Total.Endless; n > 0 {
		endless = fmt.Sprintf(", %d of them without an end", n)
	}
	return fmt.Sprintf("%s played and none failed, of up to %d operations%s: a sample, as no schedule ends within %d: %s",
		plural.Of(e.Total.Played, "schedule"), e.Total.Longest, endless, e.Options.StepBound(), e.boundText(bound))
}

// boundText names a bound by the flag that moves it. A bound without a flag has no command to
// offer, and is only named.
func (e *Exploration) boundText(bound string) string {
	switch bound {
	case BoundInterrupted:
		return bound
	case BoundTime:
		if e.Timeout {
			return fmt.Sprintf("go test -timeout left %v for the schedules", e.Options.Time.Round(time.Millisecond))
		}
		return fmt.Sprintf("-explore.time=%v", e.Options.Time)
	case boundSteps:
		if e.Long {
			return fmt.Sprintf("-explore.steps=%d", e.Options.LongBound())
		}
		return fmt.Sprintf("-explore.steps=%d", e.Options.StepBound())
	case boundPreemptions:
		return fmt.Sprintf("-explore.preemptions=%d", e.Options.PreemptionBound())
	}
	return fmt.Sprintf("-explore.schedules=%d", e.Options.Schedules)
}

// WithDetector says whether this process has the race detector. Its players then have it, too.
const WithDetector = schedrt.RaceEnabled

// completeAll begins the text of a complete exploration. Goroutines are preempted at operations on
// shared objects only, which is all there is to see if the program has no data race. Whether it has
// one, the race detector knows. Without the detector the statement is conditional, and the
// condition comes first, because a reader stops at "complete".
func completeAll(withDetector bool) string {
	if withDetector {
		return "complete: all"
	}
	return "complete if free of data races: run with -race; all"
}

func (e *Exploration) completeText() string {
	if e.skipped() {
		return skippedText(e.Total.SkipLog)
	}
	if e.Options.Strategy == "dfs" {
		return completeAll(e.Detector) + " " + plural.Of(e.classes(), "schedule")
	}
	if e.classes() == 1 {
		// Most tests of a suite have one goroutine, so this is the commonest text of all.
		return fmt.Sprintf("%s schedules differ in the order of independent operations only%s (%d played, %d given up half way)",
			completeAll(e.Detector), e.renaming(), e.Total.Played, e.Total.Pruned)
	}
	return fmt.Sprintf(
		"%s %d schedules that differ in more than the order of independent "+
			"operations%s (%d played, %d given up half way)",
		completeAll(e.Detector), e.classes(), e.renaming(),
		e.Total.Played,
		e.Total.Pruned,
	)
}

// renaming says that the count of schedules is not a count of all, because goroutines that are alike
// began in one order only.
func (e *Exploration) renaming() string {
	if e.Total.Alike {
		return ", up to renaming of alike goroutines"
	}
	return ""
}

// Found says where a failing schedule was found. Strategy and seed are named because they choose
// the schedules.
func Found(nth int, strategy string, seed uint64) string {
	return fmt.Sprintf("found in schedule %d (%s, seed %d)", nth, strategy, seed)
}

// Fewest says that the failure needs the given number of preemptions: all schedules with fewer
// preemptions were played, and none of them fails in the same way. The number is a proof and not an
// estimate: the schedules with fewer preemptions are finite, and all were played.
func Fewest(preemptions, played int) string {
	if preemptions == 0 {
		return "no preemption is needed: each goroutine runs until it waits or ends"
	}
	return fmt.Sprintf("%s, the fewest: of %s with fewer none fails like this",
		plural.Of(preemptions, "preemption"), plural.Of(played, "schedule"))
}

// PerhapsFewest says that minimising reached a bound of its own, either on schedules or on time,
// before it was known whether the smaller number of preemptions is enough.
func PerhapsFewest(preemptions, smaller int, bound string) string {
	return fmt.Sprintf("%s, perhaps not the fewest: whether %d would do was not found out in %s",
		plural.Of(preemptions, "preemption"), smaller, bound)
}

func skippedText(log string) string {
	if log == "" {
		return "the body skips itself"
	}
	return "the body skips itself: " + log
}

// ReplayCommand returns the command that plays a schedule of a test again. It names the package by its
// import path, so it works in every folder of the module. Flags are further flags
// of the test binary, each with a space behind it. -race is a part of it where the failure was found
// under the detector: without it a data race would be played and not be seen. The pattern of -run
// is anchored, so a test whose name begins alike does not run as well.
func ReplayCommand(test, flags, schedule string) string {
	return Replay(test, flags+"-explore.schedule="+schedule)
}

// Replay returns the command that explores a test with these flags.
func Replay(test, flags string) string {
	if command := commandOf(test); command != "" {
		return fmt.Sprintf("%s %s", command, strings.ReplaceAll(flags, "-explore.", "-"))
	}
	race := ""
	if schedrt.RaceEnabled {
		race = " -race"
	}
	return fmt.Sprintf("go test%s -run '%s' %s%s", race, task.RunPattern(test), testedPackage(), flags)
}

// CommandsVar is the environment variable of a command that wrote the test itself, for an
// implementation: the user has no such package and cannot call go test on it. It has a line for each
// subtest, its name and a tab and the command that explores it, and a line without a name for all others.
const CommandsVar = "SEMABENCH_EXPLORE_COMMANDS"

// commandOf returns the command of CommandsVar for a test, or "".
func commandOf(test string) (command string) {
	_, sub, _ := strings.Cut(test, "/")
	for line := range strings.Lines(os.Getenv(CommandsVar)) {
		name, c, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if name == sub {
			return c
		}
		if name == "" {
			command = c
		}
	}
	return command
}

// testedPackage returns the import path of the package whose test binary this process runs, with a space
// behind it. It is "" if the binary does not know the path, as after go test with names of files. The
// command then works in the folder of the package only.
func testedPackage() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	path, isTest := strings.CutSuffix(info.Path, ".test")
	if !isTest || path == "command-line-arguments" {
		return ""
	}
	return path + " "
}

// NoEnd says that a test of a suite was ended because it took longer than its exploration may.
func NoEnd(limit, overtime time.Duration) string {
	return fmt.Sprintf("no end within %v and %v more", limit, overtime)
}

// DoesNotFit says that a failing schedule does not fit the program when it is played for its
// description.
func DoesNotFit(diverged string) string {
	return "the schedule does not fit the program: " + diverged
}

// TimePassedEarly says that a timer fired while a goroutine could move, which a test that polls until
// a deadline, such as require.Eventually, does not expect.
func TimePassedEarly(step int) string {
	return fmt.Sprintf("in step %d time passes although a goroutine could move, as on a slow machine. "+
		"If the test relies on goroutines that are faster than its timers, use -explore.lazyclock", step)
}

// The schedule alone is enough to go on, so the result still fails and has the command.
func notDescribedText(f *task.Finding) string {
	return fmt.Sprintf("%s\nin schedule %d (%s). go test -timeout left no time to minimise and describe it; "+
		"-explore.schedule=%s does", f.What, f.Nth, f.Strategy, f.Schedule)
}

func staleText(diverged string) string {
	return "the schedule does not fit the program any more: " + diverged
}

func refusedText(what, at string) string {
	if at == "" {
		return what
	}
	return what + " (" + at + ")"
}

func nondeterminismText(step int, first, second string) string {
	return fmt.Sprintf("depends on more than the schedule: "+nondeterministic+": at step %d, %s the "+
		"first time and %s the second. "+leftFromBefore, step, first, second)
}

const leftFromBefore = "Look for a variable that keeps a value from one schedule to the next, a real " +
	"clock, random numbers, and addresses"

// notAgainText names the first step that differs, with its object.
func notAgainText(f *task.Finding, found, fresh *failure.Report) string {
	text := fmt.Sprintf("depends on %%s: schedule %s fails (%s) in a process that has played others "+
		"before, and not as the first one of a process. ", f.Schedule, f.What)
	what, where := "more than the schedule", ""
	if a, b, differ := firstDifference(found, fresh); differ {
		what = a.object
		where = fmt.Sprintf("At step %d, %s after other schedules, and %s in a fresh process. ",
			max(a.n, b.n), a.text, b.text)
	}
	return fmt.Sprintf(text, what) + where + leftFromBefore
}

// A played is a step of a report, in words.
type played struct {
	n            int
	text, object string
}

// firstDifference returns the first step in which two reports differ. The first one is the cause or
// its nearest effect; all later ones follow from it. Words and places are compared, and not the IDs
// of objects.
func firstDifference(a, b *failure.Report) (x, y played, differ bool) {
	if a == nil || b == nil {
		return x, y, false
	}
	for i := range max(len(a.Steps), len(b.Steps)) {
		x, y = playedAt(a, i), playedAt(b, i)
		if x.text != y.text {
			if x.object == "" {
				x.object = y.object
			}
			return x, y, true
		}
	}
	return x, y, false
}

// A report that ended earlier differs there, too, and "nothing more" says how.
func playedAt(r *failure.Report, i int) played {
	if i >= len(r.Steps) {
		return played{text: "nothing more"}
	}
	s := r.Steps[i]
	p := played{n: s.N, text: fmt.Sprintf("goroutine %d: %s", s.G, s.Text), object: s.Text}
	if s.Result != "" {
		p.text += " " + s.Result
	}
	if at := s.At.String(); at != "" {
		p.text += " at " + at
		p.object += " at " + at
	}
	for _, o := range r.Objects {
		if o.ID == s.Object && o.Name != "" {
			p.object = o.Name + ", in " + p.object
		}
	}
	return p
}

func diedText(err error) string {
	return "depends on more than the schedule: a process ended while it played, and a fresh process " +
		"that played the same did not. " + leftFromBefore + ":\n" + err.Error()
}

// The two kinds of states have different remedies: a loop needs an operation that the scheduler
// sees, and a wait needs something that the explorer can stand in for.
func outOfControlText(where, state, stacks string) string {
	if where == "" {
		where = "a goroutine"
	}
	text := outOfControl + ": " + where
	switch state {
	case "running", "runnable", "syscall", "":
		text += " has used 10 s of CPU time, or a minute in a system call, without an operation that " +
			"explore knows. It loops, prints without end, or calls a package that is not instrumented"
	default:
		text += " has waited for 10 s (" + state + ") for what explore does not know: the network, a file, " +
			"another process, or a package that is not instrumented"
	}
	return text + ":\n" + stacks
}

func stuckText(function string) string {
	return function + " waits inside the standard library, which is not under control. It may call " +
		"code of the program while it holds a lock that another goroutine needs"
}

// Starves names a goroutine that others passed again and again in one cycle.
func Starves(victim, turns int) string {
	return fmt.Sprintf("starvation: goroutine %d can be passed for ever: it was passed %d times in a fair schedule",
		victim, turns)
}

// StarvesText says what a cycle shows, and what it does not show.
func StarvesText(length int) string {
	return fmt.Sprintf("the same %s were played in each turn, with the same local variables, and every goroutine that "+
		"could move did.\nA counter on the heap that ends this later is not seen", plural.Of(length, "step"))
}

// NoStarvation returns the result if no schedule of the strategy starve had a cycle. It is no pass: another
// pattern may have one.
func NoStarvation(tried int, bound string) *Result {
	return &Result{
		Verdict: Unknown, Bound: bound, Schedules: tried, Strategy: "starve",
		Text: plural.Of(tried, "fair schedule") + " played, and in none a goroutine was passed for ever: a sample, " +
			"which proves nothing",
	}
}
