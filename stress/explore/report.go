package explore

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/sched"
)

// explain plays a schedule once more, with positions, and tells it.
func explain(p program, f *finding, o Options) string {
	limits := o.limits()
	limits.Positions = true
	x := sched.New(limits)
	defer x.Close()
	replay := &strategy.Replay{Schedule: f.schedule}
	recorder := &strategy.Recorder{Search: replay}
	out := p.playOn(x, recorder)
	recorder.Done(x)
	var b strings.Builder
	wrong := ""
	if p.judge != nil {
		wrong = p.judge(out)
	}
	if wrong == "" && out.Message != "" {
		wrong = out.Message
	}
	if wrong == "" {
		wrong = f.what
	}
	fmt.Fprintf(&b, "%s\n", strings.TrimRight(wrong, "\n"))
	if replay.Diverged != "" {
		fmt.Fprintf(&b, "the schedule does not fit the program: %s\n", replay.Diverged)
	}
	writeWaiting(&b, out)
	if out.Kind == sched.Panicked {
		b.WriteString(panicStack(out.Stack))
	}
	b.WriteString(columns(&x.Trace, recorder.Preempted))
	return b.String()
}

// writeWaiting tells who was left and what each of them waits for.
func writeWaiting(b *strings.Builder, out *sched.Outcome) {
	for _, w := range out.Waiting {
		if out.Kind == sched.Panicked || out.Kind == sched.Failed {
			return
		}
		fmt.Fprintf(b, "goroutine %d waits in %v", w.G, w.Op)
		if w.Object > 0 {
			fmt.Fprintf(b, " #%d", w.Object)
		}
		if at := position(w.PCs); at != "" {
			fmt.Fprintf(b, " at %s", at)
		}
		switch {
		case w.Holder >= 0:
			fmt.Fprintf(b, ", which goroutine %d holds", w.Holder)
		case w.Missed:
			b.WriteString(", which was signalled when nobody waited")
		}
		b.WriteByte('\n')
	}
}

// panicStack returns the frames of the program.
func panicStack(stack string) string {
	if _, after, ok := strings.Cut(stack, "panic("); ok {
		if _, rest, ok := strings.Cut(after, "\n\t"); ok {
			_, stack, _ = strings.Cut(rest, "\n")
		}
	}
	if before, _, ok := strings.Cut(stack, engine+"sched.(*G)"); ok {
		stack = before
	}
	return stack
}

const (
	engine          = "github.com/semabench/semabench/stress/explore/"
	stageFunctions  = "github.com/semabench/semabench/stress/explore.(*stage)."
	workerFunctions = "github.com/semabench/semabench/stress/explore.(*worker)."
)

// position returns the place in the program, below the frames of the engine, and "" for one in this
// package.
func position(pcs []uintptr) string {
	if len(pcs) == 0 {
		return "?"
	}
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		if strings.HasPrefix(f.Function, "runtime.") {
			return "at its end"
		}
		if strings.HasPrefix(f.Function, stageFunctions) || strings.HasPrefix(f.Function, workerFunctions) {
			return ""
		}
		if !ours(f.Function) {
			return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
		}
		if !more {
			return "?"
		}
	}
}

func ours(function string) bool {
	return strings.HasPrefix(function, engine+"sched.") || strings.HasPrefix(function, engine+"shim/")
}

// most is how many steps of a schedule are shown at its end.
const most = 120

// columns shows the steps, a column for each goroutine, time downwards, and where one was preempted.
func columns(t *sched.Trace, preempted []int) string {
	from := max(0, len(t.Steps)-most)
	cells := make([]string, len(t.Steps))
	var widths []int
	for i := from; i < len(t.Steps); i++ {
		s := &t.Steps[i]
		for int(s.G) >= len(widths) {
			widths = append(widths, 0)
		}
		cells[i] = cell(s, t.Places[i])
		widths[s.G] = max(widths[s.G], utf8.RuneCountInString(cells[i])+2, len("goroutine 10")+2)
	}
	var b strings.Builder
	b.WriteString(heading(widths))
	if from > 0 {
		fmt.Fprintf(&b, "… %d steps before\n", from)
	}
	for i := from; i < len(t.Steps); i++ {
		if i > 0 && slices.Contains(preempted, i) {
			fmt.Fprintf(&b, "--- goroutine %d could go on and does not\n", t.Steps[i-1].G)
		}
		if cells[i] != "" {
			fmt.Fprintf(&b, "%*s%s\n", sum(widths[:t.Steps[i].G]), "", cells[i])
		}
	}
	return b.String()
}

func heading(widths []int) string {
	var b strings.Builder
	for g, width := range widths {
		if width > 0 {
			fmt.Fprintf(&b, "%-*s", width, fmt.Sprintf("goroutine %d", g))
		}
	}
	return strings.TrimRight(b.String(), " ") + "\n"
}

func sum(numbers []int) (total int) {
	for _, n := range numbers {
		total += n
	}
	return total
}

// cell returns "" for what package explore itself does.
func cell(s *sched.Event, p sched.Place) string {
	switch s.Kind {
	case sched.OpCall, sched.OpReturn:
		return p.Note
	case sched.OpSettle:
		return "nothing else can move"
	case sched.OpPass:
		return "goes on"
	case sched.OpFire:
		return "time passes"
	}
	text := s.Kind.String()
	if p.Object > 0 {
		text += fmt.Sprintf(" #%d", p.Object)
	}
	at := position(p.PCs)
	switch {
	case at != "":
		text += " " + at
	case s.Kind == sched.OpAdd || s.Kind == sched.OpWaitGroup:
		return ""
	}
	return text
}
