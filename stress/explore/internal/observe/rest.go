package observe

import (
	"fmt"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// tellGoroutines names each by the function that it runs.
func (t *builder) tellGoroutines(s *failure.Report) {
	for _, seat := range t.last.goroutines {
		g := failure.Goroutine{ID: seat.G, Clock: seat.State == schedrt.StandsForClock}
		pcs := seat.PCs
		for i := t.from; i < t.till; i++ {
			if int(t.trace.Steps[i].G) == seat.G && len(t.trace.Places[i].PCs) > 0 {
				pcs = t.trace.Places[i].PCs
				break
			}
		}
		g.Func, g.At = root(pcs)
		s.Goroutines = append(s.Goroutines, g)
	}
}

// root is the function of the program that a goroutine began with, if the stack was recorded so far.
func root(pcs []uintptr) (function string, at failure.Place) {
	all := frames(pcs)
	end := slices.IndexFunc(all, func(f runtime.Frame) bool { return f.Function == begin })
	for end--; end >= 0; end-- {
		f := all[end]
		if f.Function == "" || IsEngine(f.Function) {
			continue
		}
		if entry := runtime.FuncForPC(f.Entry); entry != nil {
			file, line := entry.FileLine(f.Entry)
			at = failure.Place{File: relative(file), Line: line}
		}
		return ShortName(f.Function), at
	}
	return "", at
}

func (t *builder) tellObjects(s *failure.Report) {
	var used []int32
	for _, step := range s.Steps {
		used = append(used, int32(step.Object))
	}
	for _, left := range t.outcome.Waiting {
		used = append(used, left.Object)
	}
	slices.Sort(used)
	for _, id := range slices.Compact(used) {
		if id > 0 {
			s.Objects = append(s.Objects, failure.Object{ID: int(id), Name: t.called(id), Kind: t.kind(id)})
		}
	}
}

func (t *builder) kind(object int32) string {
	if w := t.words[object]; w.kind != "" {
		return "atomic"
	}
	return t.kinds[object]
}

// tellHolds says which locks are held in the end.
func (t *builder) tellHolds(s *failure.Report) {
	var ids []int32
	for id := range t.last.objects {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		lock := t.last.objects[id]
		if lock.Locked {
			s.Holds = append(s.Holds, t.holding(lock.Holder, id, "holds"))
		}
		if lock.Model == schedrt.ModelRWMutex && lock.Count > 0 {
			for _, g := range t.readers(id) {
				s.Holds = append(s.Holds, t.holding(g, id, "reads under"))
			}
		}
	}
}

func (t *builder) holding(g int, object int32, how string) failure.Hold {
	h := failure.Hold{G: g, Object: t.called(object), How: how}
	if at, ok := t.taken(g, object); ok {
		h.At, h.Step = t.sites[at].at, at+1
	}
	return h
}

// tellEnd says who panicked, and where, or who failed.
func (t *builder) tellEnd(s *failure.Report) {
	switch t.outcome.Kind {
	case schedrt.Panicked:
		s.Stack = framesOf(t.outcome.Stack)
		s.End = &failure.End{G: t.outcome.Goroutine, Text: "panics"}
		if len(s.Stack) > 0 {
			s.End.At = s.Stack[0].At
		}
	case schedrt.Failed:
		s.End = &failure.End{G: t.outcome.Goroutine, Text: "fails", At: t.failedAt()}
	}
}

var positioned = regexp.MustCompile(`^(?:\S+: )?(\w[^:\s]*\.go):(\d+): `)

// failedAt takes the position from the message of a T, which may have the name of a subtest in front. It
// has no folder, and is in one of the files that steps are in, or else it is told as it is.
func (t *builder) failedAt() failure.Place {
	m := positioned.FindStringSubmatch(t.outcome.Message)
	if m == nil {
		return failure.Place{}
	}
	line, _ := strconv.Atoi(m[2]) // the pattern lets nothing else through
	at := failure.Place{File: m[1], Line: line}
	for i := t.from; i < t.till; i++ {
		if known := &t.sites[i]; path.Base(known.at.File) == m[1] {
			at.File = known.at.File
			t.failed = &site{file: known.file, at: at}
		}
	}
	return at
}

// framesOf takes the frames of the program from a stack.
func framesOf(stack string) (all []failure.Frame) {
	lines := strings.Split(stack, "\n")
	if at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "panic(") }); at >= 0 {
		lines = lines[at+2:]
	}
	for i := 0; i+1 < len(lines); i += 2 {
		function, place := lines[i], strings.TrimSpace(lines[i+1])
		if strings.HasPrefix(function, engine+"/schedrt.(*G)") {
			break
		}
		if IsEngine(function) {
			continue
		}
		if open := strings.LastIndexByte(function, '('); open > 0 {
			function = function[:open]
		}
		all = append(all, failure.Frame{Func: ShortName(function), At: PlaceOf(place)})
	}
	return all
}

// PlaceOf reads a position from a stack: a file, a colon, a line, and perhaps an offset.
func PlaceOf(text string) failure.Place {
	text, _, _ = strings.Cut(text, " +0x")
	file, line, _ := cutLast(text, ":")
	n, err := strconv.Atoi(line)
	if err != nil {
		return failure.Place{File: text}
	}
	return failure.Place{File: relative(file), Line: n}
}

// around is how many lines of an excerpt stand before and after one that is told.
const around = 4

// excerpt takes those lines of the source that steps are at, with some around them.
func (t *builder) excerpt(s *failure.Report) {
	wanted, paths := map[string]map[int]bool{}, map[string]string{}
	want := func(at *site) {
		if at.file == "" || at.own {
			return
		}
		paths[at.at.File] = at.file
		if wanted[at.at.File] == nil {
			wanted[at.at.File] = map[int]bool{}
		}
		for n := at.at.Line - around; n <= at.at.Line+around; n++ {
			wanted[at.at.File][n] = true
		}
	}
	for i := t.from; i < t.till; i++ {
		want(&t.sites[i])
	}
	for _, left := range t.outcome.Waiting {
		at := siteOf(left.PCs)
		want(&at)
	}
	if t.failed != nil {
		want(t.failed)
	}
	for file, lines := range wanted {
		excerpt := failure.Source{File: file}
		for n := range lines {
			if text, ok := t.files.Line(paths[file], n); ok {
				excerpt.Lines = append(excerpt.Lines, failure.Line{N: n, Text: text})
			}
		}
		slices.SortFunc(excerpt.Lines, func(a, b failure.Line) int { return a.N - b.N })
		s.Sources = append(s.Sources, excerpt)
	}
	slices.SortFunc(s.Sources, func(a, b failure.Source) int { return strings.Compare(a.File, b.File) })
}

// Describe says in a line what a step was, for who compares two executions.
func Describe(step *schedrt.Event, place schedrt.Place) string {
	at := siteOf(place.PCs)
	text := step.Kind.String()
	if place.Object > 0 {
		text += fmt.Sprintf(" #%d", place.Object)
	}
	if at.at.File != "" {
		text += " at " + at.at.String()
	}
	return text
}
