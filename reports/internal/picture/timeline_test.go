package picture_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports/internal/picture"
)

// Whatever the names and the numbers, a timeline is a bounded SVG, and draws nothing beyond its
// edge.
func TestTimeline(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	odd := func() float64 { return oddities[r.IntN(len(oddities))] }
	for range 100 {
		line := picture.Timeline{Head: picture.Head{Title: hostile[0]}, X: hostile[2], Names: hostile[:2], Colours: []int{6}}
		for i := range 1 + r.IntN(8) {
			row := picture.TimelineRow{Label: hostile[r.IntN(len(hostile))], Group: i - 1}
			for range r.IntN(4) {
				row.Bars = append(row.Bars, picture.Bar{From: odd(), To: odd()})
			}
			line.Rows = append(line.Rows, row)
		}
		inside(t, draw(t, line))
		line.Narrow = true
		inside(t, draw(t, line))
	}
	if svg, err := (picture.Timeline{}).SVG(); err == nil {
		t.Errorf("draws nothing as %d bytes, want an error", len(svg))
	}
}

func TestTimelineIsBounded(t *testing.T) {
	long := picture.Timeline{Names: []string{"one"}}
	for i := range 100 {
		row := picture.TimelineRow{Label: "row"}
		for k := range 100 {
			at := float64(i + 3*k)
			row.Bars = append(row.Bars, picture.Bar{From: at, To: at + 1})
		}
		long.Rows = append(long.Rows, row)
	}
	svg := draw(t, long)
	inside(t, svg)
	for _, want := range []string{"the first 80 of 100 rows", "the first 2000 of 8000 bars"} {
		if !strings.Contains(svg, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if len(long.Rows[0].Bars) != 100 {
		t.Error("drawing changed what was drawn")
	}
}
