package claims

import (
	"fmt"
	"slices"

	"github.com/semabench/semabench/reports/internal/picture"
)

// A Timeline is who was at a resource when, in one sample. Its text is not in benchmark text, which has
// figures of samples only.
type Timeline struct {
	Mode    string // as in the text
	Permits int
	Stays   []Stay
}

// A Stay is from Enter to Leave, in seconds since the first one of its sample.
type Stay struct {
	Worker       int
	Enter, Leave float64
}

// A Picture is an SVG of a claim.
type Picture struct {
	Name    string // of a file, without its ending
	ClaimID string
	Alt     string
	SVG     []byte
}

// shownModes are the modes of pictures, each with one colour in all of them.
var shownModes = []string{oneCore, goroutines, processes, processPerTask}

// Pictures draws what there is to draw, in the order of the claims.
func (r *Report) Pictures() (all []Picture, err error) {
	m := r.measured
	for _, draw := range []func() (Picture, error){
		func() (Picture, error) { return m.speeds("waiting", "waiting for I/O", "http", "files") },
		func() (Picture, error) { return m.speeds("turns", "computing", "hash", "compress") },
		m.grainCurve, m.handCurve, r.timeline,
	} {
		p, err := draw()
		if err != nil {
			return nil, err
		}
		if p.SVG != nil {
			all = append(all, p)
		}
	}
	return all, nil
}

// speeds shows how many times as fast as serial each mode is.
func (m *measured) speeds(id, what string, works ...string) (p Picture, err error) {
	f := picture.Forest{Cols: shownModes, X: "times as fast as serial"}
	f.Title = "Speed-up over serial, " + what
	f.Subtitle = "Median of the rounds and its 95 % interval. The line at ×1 is serial itself; to the right is faster."
	p = Picture{Name: "parallel-" + id, ClaimID: id, Alt: f.Title}
	for _, work := range works {
		row := picture.ForestRow{Label: work}
		any := false
		for _, mode := range shownModes {
			e := ratio(m.find(work, serial), m.find(work, mode), perTask)
			dot := picture.Dot{At: e.At}
			if e.Rounds >= fewest {
				dot.Lo, dot.Hi = e.Lo, e.Hi
			}
			if any = any || e.measured(); e.measured() {
				p.Alt += fmt.Sprintf("; %s, %s: %s", work, mode, e.times())
			}
			row.Dots = append(row.Dots, dot)
		}
		if any {
			f.Rows = append(f.Rows, row)
		}
	}
	if f.Rows == nil {
		return p, nil
	}
	f.Desc = p.Alt
	p.SVG, err = f.SVG()
	return p, err
}

// grainCurve shows from which size of a task on each mode is worth it.
func (m *measured) grainCurve() (p Picture, err error) {
	speed := picture.Chart{Title: "Speed-up", X: "a task takes, serial, in µs", Y: "times as fast as serial",
		LogX: true, LogY: true, Format: number}
	time := picture.Chart{Title: "Time per task", X: "a task takes, serial, in µs", Y: "time per task", LogX: true,
		LogY: true, Format: duration}
	names := []string{serial, goroutines, processes, processPerTask}
	for _, mode := range names {
		s, t := picture.Line{Name: mode}, picture.Line{Name: mode}
		for _, size := range m.sizes("grain") {
			base, own := m.sized("grain", serial, size), m.sized("grain", mode, size)
			x, e := of(base, perTask), of(own, perTask)
			if x.measured() && e.measured() {
				addPoint(&s, roundedTo3(x.At*1e6), ratio(base, own, perTask))
				addPoint(&t, roundedTo3(x.At*1e6), e)
			}
		}
		speed.Lines, time.Lines = append(speed.Lines, s), append(time.Lines, t)
	}
	if len(speed.Lines[0].X) < 2 {
		return p, nil
	}
	s := picture.Sheet{Names: names, Charts: []picture.Chart{speed, time}}
	s.Title = "How long a task must be"
	s.Subtitle = "SHA-256 of 1 KiB to 4 MiB, one message for each task. Where a line of the left chart is above 1, the mode beats serial; bands are 95 % intervals."
	s.Desc = s.Title + ": " + "the pool beats serial " + m.breakEven(1, serial).from()
	p = Picture{Name: "parallel-grain", ClaimID: "computing", Alt: s.Desc}
	p.SVG, err = s.SVG()
	return p, err
}

func addPoint(l *picture.Line, x float64, e Estimate) {
	l.X, l.Y = append(l.X, x), append(l.Y, e.At)
	lo, hi := e.Lo, e.Hi
	if e.Rounds < fewest {
		lo, hi = e.At, e.At
	}
	l.Lo, l.Hi = append(l.Lo, lo), append(l.Hi, hi)
}

// handCurve shows what a message costs by its size.
func (m *measured) handCurve() (p Picture, err error) {
	c := picture.Chart{Title: "There and back", X: "bytes", Y: "time", LogX: true, LogY: true, Format: duration}
	names := []string{"channel, within a process", "pipe, between processes"}
	for i, mode := range []string{goroutines, processes} {
		l := picture.Line{Name: names[i]}
		for _, size := range m.sizes("hand") {
			if e := of(m.sized("hand", mode, size), taskTime); e.measured() {
				addPoint(&l, size, e)
			}
		}
		c.Lines = append(c.Lines, l)
	}
	if len(c.Lines[0].X) < 2 {
		return p, nil
	}
	s := picture.Sheet{Names: names, Charts: []picture.Chart{c}}
	s.Title = "What a message costs"
	s.Subtitle = "Median time until a message was answered, by its size; bands are 95 % intervals."
	s.Desc = s.Title
	p = Picture{Name: "parallel-messages", ClaimID: "sending", Alt: s.Title}
	p.SVG, err = s.SVG()
	return p, err
}

// timeline shows ten workers at a resource, with and without a limit.
func (r *Report) timeline() (p Picture, err error) {
	var t picture.Timeline
	t.Title = "Ten workers at one resource"
	t.Subtitle = "Each bar is a stay between Acquire and Release, of one sample each. Under a bar of a limited group are at most as many others as there are permits."
	t.X = "ms since the first one entered"
	for group, one := range r.Timelines {
		what := "processes"
		if one.Mode == goroutines {
			what = "goroutines"
		}
		t.Names = append(t.Names, fmt.Sprintf("%s, %d permits", what, one.Permits))
		t.Rows = append(t.Rows, lanesOf(group, one)...)
	}
	if t.Rows == nil {
		return p, nil
	}
	t.Desc = t.Title + ": " + t.Names[0]
	p = Picture{Name: "parallel-workers", ClaimID: "semaphore", Alt: t.Title}
	p.SVG, err = t.SVG()
	return p, err
}

func lanesOf(group int, one Timeline) (rows []picture.TimelineRow) {
	workers := 0
	for _, s := range one.Stays {
		workers = max(workers, s.Worker+1)
	}
	for w := range workers {
		row := picture.TimelineRow{Label: fmt.Sprint(w + 1), Group: group}
		for _, s := range one.Stays {
			if s.Worker == w {
				row.Bars = append(row.Bars, picture.Bar{From: s.Enter * 1e3, To: s.Leave * 1e3})
			}
		}
		slices.SortFunc(row.Bars, func(a, b picture.Bar) int {
			if a.From < b.From {
				return -1
			}
			return 1
		})
		rows = append(rows, row)
	}
	return rows
}
