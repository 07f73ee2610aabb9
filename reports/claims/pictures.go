package claims

import (
	"fmt"
	"slices"

	"github.com/semabench/semabench/reports/internal/picture"
)

// A Picture is an SVG file that belongs to a claim.
type Picture struct {
	Name    string // of the file, without .svg
	ClaimID string
	Alt     string
	SVG     []byte
	Narrow  []byte // the same picture as SVG, for a window of 400 pixels
}

// drawn returns p with the pictures that svg draws in both widths.
func drawn(p Picture, svg func(narrow bool) ([]byte, error)) (Picture, error) {
	var err error
	if p.SVG, err = svg(false); err != nil {
		return p, err
	}
	p.Narrow, err = svg(true)
	return p, err
}

// shownModes are the modes in pictures. Goroutines are first and processes second in all of them,
// so that each mode has one colour throughout.
//
// serial is missing, because it is the 1 to which the others are compared.
var shownModes = []string{goroutines, processes, processPerTask, oneCore}

// Pictures draws the pictures for which there are figures, in the order of the claims.
//
// The Markdown, the page and the folder each call it. Drawing takes milliseconds, and a cache
// would have to be guarded.
func (r *Report) Pictures() (all []Picture, err error) {
	m := r.data
	for _, draw := range []func() (Picture, error){
		func() (Picture, error) { return m.speeds("waiting", "waiting for I/O", "http", "files") },
		func() (Picture, error) { return m.speeds("turns", "computing", "hash", "compress") },
		m.grainCurve, m.messageCurve, r.timeline,
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

// speeds draws how many times as fast as serial each mode is. A mode without enough rounds has a
// dot and no interval. p.SVG stays nil if no work was measured, and the caller then leaves it out.
// It shows the same ratios as the claim, computed by the same function, so picture and text cannot
// differ.
func (m *dataset) speeds(id, what string, works ...string) (p Picture, err error) {
	f := picture.Forest{Cols: shownModes, X: "times as fast as serial"}
	f.Title = "Speed-up over serial, " + what
	f.Subtitle = "Median of the rounds and its 95 % interval. The line at ×1 is serial itself; " +
		"to the right is faster."
	p = Picture{Name: "parallel-" + id, ClaimID: id, Alt: f.Title}
	for _, work := range works {
		row := picture.ForestRow{Label: work}
		any := false
		for _, mode := range shownModes {
			e := ratio(m.findRow(work, serial), m.findRow(work, mode), perTask)
			dot := picture.Dot{At: e.At}
			if e.Rounds >= minRounds {
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
	return drawn(p, func(narrow bool) ([]byte, error) { f.Narrow = narrow; return f.SVG() })
}

// grainCurve draws the speed of each mode over the size of a task. The sizes grow by a constant
// factor, so equal steps on the x axis are a logarithmic scale.
//
// The labels of the axis are times, because “1 KiB of SHA-256” means nothing to a reader with
// other work. The size in bytes stays in the subtitle.
func (m *dataset) grainCurve() (p Picture, err error) {
	const x = "a task takes, done serially"
	speed := picture.Chart{Title: "Speed-up over serial", X: x, LogY: true, Format: short}
	time := picture.Chart{Title: "Time per task", X: x, LogY: true, Format: shortDuration}
	names := []string{goroutines, processes, processPerTask, serial}
	for i, size := range m.sizes("grain") {
		base := m.rowOfSize("grain", serial, size)
		speed.XTicks = append(speed.XTicks, shortDuration(medianOf(base, perTask).At))
		for k, mode := range names {
			if i == 0 {
				speed.Lines = append(speed.Lines, picture.Line{Name: mode})
				time.Lines = append(time.Lines, picture.Line{Name: mode})
			}
			own := m.rowOfSize("grain", mode, size)
			// far below the others; its range would flatten the place where the pool crosses
			// serial
			if mode != processPerTask {
				addPoint(&speed.Lines[k], i, ratio(base, own, perTask))
			}
			addPoint(&time.Lines[k], i, medianOf(own, perTask))
		}
	}
	if len(speed.XTicks) < 2 {
		return p, nil
	}
	time.XTicks = speed.XTicks
	s := picture.Sheet{Names: names, Charts: []picture.Chart{speed, time}}
	s.Title = "How long a task must be"
	s.Subtitle = "SHA-256 of 1 KiB to 4 MiB. Where a line on the left is above 1, the mode " +
		"beats serial; a process " +
		"per task is on the right only. Bands are 95 % intervals."
	s.Desc = s.Title + ": the pool beats serial " + m.breakEven(1, serial).threshold()
	p = Picture{Name: "parallel-grain", ClaimID: "computing", Alt: s.Desc}
	return drawn(p, func(narrow bool) ([]byte, error) { s.Narrow = narrow; return s.SVG() })
}

// addPoint adds an estimate to a line. Without an interval the band has no width.
//
// A band of no width is drawn as a line, and looks more certain than it is. The text warns of
// too few rounds in the banner.
func addPoint(l *picture.Line, x int, e Estimate) {
	if !e.measured() {
		return
	}
	lo, hi := e.Lo, e.Hi
	if e.Rounds < minRounds {
		lo, hi = e.At, e.At
	}
	l.X, l.Y = append(l.X, float64(x)), append(l.Y, e.At)
	l.Lo, l.Hi = append(l.Lo, lo), append(l.Hi, hi)
}

// short and shortDuration format the ticks of axes, which have room for two digits.
func short(v float64) string {
	if v >= 99.5 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2g", v)
}

// shortDuration formats seconds for a tick.
func shortDuration(sec float64) string {
	return scaled(sec, []scale{{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}, {1e-9, "ns"}}, short)
}

// messageCurve draws the time of a message over its size.
//
// Both lines need the same sizes. The ticks are collected anew for the second one, which gives
// the same list.
func (m *dataset) messageCurve() (p Picture, err error) {
	c := picture.Chart{
		Title:  "There and back",
		X:      "size of the message",
		LogY:   true,
		Format: shortDuration,
	}
	names := []string{"channel, within a process", "pipe, between processes"}
	for i, mode := range []string{goroutines, processes} {
		c.Lines = append(c.Lines, picture.Line{Name: names[i]})
		c.XTicks = nil
		for k, n := range m.sizes("hand") {
			c.XTicks = append(c.XTicks, size(n))
			addPoint(&c.Lines[i], k, medianOf(m.rowOfSize("hand", mode, n), taskTime))
		}
	}
	if len(c.XTicks) < 2 {
		return p, nil
	}
	s := picture.Sheet{Names: names, Charts: []picture.Chart{c}}
	s.Title = "What a message costs"
	s.Subtitle = "Median time until a message was answered, by its size; bands are 95 % intervals."
	s.Desc = s.Title
	p = Picture{Name: "parallel-messages", ClaimID: "sending", Alt: s.Title}
	return drawn(p, func(narrow bool) ([]byte, error) { s.Narrow = narrow; return s.SVG() })
}

// tenWorkers is the number of workers in the timelines; with as many permits there is no limit.
const tenWorkers = 10

// timeline draws ten workers at a resource, with and without a limit.
//
// One sample shows what no statistic can: the bars of a limited group never lie deeper than the
// limit. It illustrates the claim and proves nothing.
func (r *Report) timeline() (p Picture, err error) {
	var t picture.Timeline
	t.Title = "Ten workers at one resource"
	t.Subtitle = "Each bar is a stay between Acquire and Release, of one sample each. Under a " +
		"bar of a limited group are at most as many others as there are permits."
	t.X = "ms since the first one entered"
	t.Colours = []int{0, 1, 6} // by group: goroutines, processes, and grey for no limit
	for group, one := range r.Timelines {
		what := "processes"
		if one.Mode == goroutines {
			what = "goroutines"
		}
		limit := fmt.Sprintf("%d permits", one.Permits)
		if one.Permits >= tenWorkers {
			limit = "no limit"
		}
		t.Names = append(t.Names, what+", "+limit)
		t.Rows = append(t.Rows, timelineRows(group, one)...)
	}
	if t.Rows == nil {
		return p, nil
	}
	t.Desc = t.Title + ": " + t.Names[0]
	p = Picture{Name: "parallel-workers", ClaimID: "semaphore", Alt: t.Title}
	return drawn(p, func(narrow bool) ([]byte, error) { t.Narrow = narrow; return t.SVG() })
}

// timelineRows returns a row for each worker of one timeline, also for workers without a stay: a
// missing row would look like a smaller group. Bars are sorted by their begin.
func timelineRows(group int, one Timeline) (rows []picture.TimelineRow) {
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
