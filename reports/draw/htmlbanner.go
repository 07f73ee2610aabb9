package draw

import (
	"fmt"
	"strings"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/internal/page"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/internal/format"
)

// A banner is the first part of the page: how complete the text is and what was wrong with it. It
// comes before the answers, because a reader should not trust an answer without knowing it.
type banner struct {
	State string // the CSS class of the banner: good, warn or neutral
	// Incomplete says that samples are missing or lines are broken: the headline then is the warning.
	Incomplete bool
	Headline   string
	Partial    []string
	Broken     []string
	NotListed  int
	Failures   []string
	Notes      []string
	MoreNotes  []string // in a section of their own, to which the banner has a link
}

// mostBannerNotes is how many notes stand before the answers. Four notes filled the first screen of a telephone.
const mostBannerNotes = 1

// NotesLink is the text of the link to the other notes.
func (b banner) NotesLink() string {
	return plural.With(len(b.MoreNotes), "more note on these figures", "more notes on these figures")
}

// Warns reports whether there is anything to warn of. A text without fault needs no box: a box that
// says “complete” trains readers to skip boxes.
func (b banner) Warns() bool { return b.State == "warn" }

// newBanner prepares the warnings of c for the page, each list shortened.
//
// The numbers in the headline count everything. Only the lists below it are shortened.
func newBanner(c *compare.Comparison) banner {
	t := banner{State: bannerState(c), Headline: headline(c), Failures: failureLines(c)}
	t.Incomplete = completeness(c) == "partial" || len(c.Log.Broken) > 0
	for _, note := range append(c.Noise().Warnings, c.Notes...) {
		t.Notes = append(t.Notes, clipped(note))
	}
	if n := mostBannerNotes; len(t.Notes) > n {
		t.Notes, t.MoreNotes = t.Notes[:n], t.Notes[n:]
	}
	for _, f := range c.Log.Files {
		if f.Partial() && len(c.Log.Files) > 1 { // for a single file the headline says it
			t.Partial = append(t.Partial, fmt.Sprintf("%s is partial: %d of %d planned samples",
				clipped(escape.Printable(f.Label)), f.Present, f.Planned))
		}
	}
	var more int
	if t.Partial, more = page.First(t.Partial, maxListed); more > 0 {
		t.Partial = append(t.Partial, andMore(more, "partial file"))
	}
	broken, more := page.First(c.Log.Broken, maxListed)
	for _, b := range broken {
		t.Broken = append(t.Broken, clipped(brokenLine(b)))
	}
	t.NotListed = more
	return t
}

// bannerState is "good" only if the text has a plan, is complete and has no warning.
//
// A text without a plan stays neutral: it may be complete, and green would claim it. go test
// writes no plan, so this is the usual state of other projects.
func bannerState(c *compare.Comparison) string {
	wrong := len(c.Log.Broken) + len(c.Log.Failures) + len(c.Notes) + len(c.Noise().Warnings)
	switch {
	case completeness(c) == "partial", wrong > 0:
		return "warn"
	case completeness(c) == "complete":
		return "good"
	}
	return "neutral"
}

// headline says in one sentence how much was measured.
//
// It stands also on a page without any problem. Readers look for this sentence to see that
// nothing is missing, and its absence would say nothing.
func headline(c *compare.Comparison) string {
	present, planned := 0, 0
	for _, f := range c.Log.Files {
		present, planned = present+f.Present, planned+f.Planned
	}
	size := fmt.Sprintf("%s with %s each, %s.", plural.Of(cellCount(c), "cell"),
		sampleCount(c), plural.Of(len(c.Log.Broken), "broken line"))
	switch completeness(c) {
	case "complete":
		return fmt.Sprintf("Complete: %d of %d planned samples. %s", present, planned, size)
	case "partial":
		return fmt.Sprintf("Partial: %d of %d planned samples. %s", present, planned, size)
	}
	return size + " The text states no plan, so whether it is complete is unknown."
}

// A machineSection says where the text was measured, and how much noise it has.
type machineSection struct {
	Facts   []compare.Fact
	More    string
	Floor   string
	Unknown bool
	Cells   string
	Typical string
	High    string
	Where   string // in which cells the noise is High
	Units   []machineUnit
}

type machineUnit struct{ Name, Median, Max string }

// maxFacts limits the lines of configuration: a text may have any number of keys.
const maxFacts = 40

// newMachineSection prepares the configuration and the noise of c for the page.
//
// The configuration comes from the text and may be of any size, so keys, values and units are
// clipped one by one.
func newMachineSection(c *compare.Comparison) machineSection {
	n := c.Noise()
	m := machineSection{
		Floor:   n.String(),
		Unknown: n.Cells == 0,
		Cells:   plural.Of(n.Cells, "cell"),
		Typical: format.Percent(n.Typical),
		High:    format.Percent(n.High),
		Where:   n.Where(),
	}
	facts, more := page.First(c.Facts, maxFacts)
	for _, f := range facts {
		m.Facts = append(m.Facts, compare.Fact{Key: clipped(f.Key), Value: clipped(f.Value)})
	}
	m.More = andMore(more, "line")
	machineUnits, _ := page.First(n.Machine, maxFacts)
	for _, u := range machineUnits {
		name := strings.TrimPrefix(escape.Printable(u.Unit), compare.NoisePrefix)
		m.Units = append(m.Units, machineUnit{clipped(name), format.Value(u.Median, u.Unit),
			format.Value(u.Max, u.Unit)})
	}
	return m
}

// A sourceSection is the end of the page: the files, and how to compute the figures again.
type sourceSection struct {
	Recompute, Caveat string
	Files             []string
	More              string
	Note              string
	Profile           string // the command that profiles the first row
}

// newSourceSection lists the first files of c, and the benchstat command.
//
// The command uses the names of the files as the user gave them. It works where the report was
// made, which may differ from where it is read.
func newSourceSection(c *compare.Comparison) sourceSection {
	r := sourceSection{Recompute: recomputeCommand(c), Caveat: caveat(c)}
	files, more := page.First(c.Log.Files, maxListed)
	for _, f := range files {
		r.Files = append(r.Files, clipped(escape.Printable(f.Label)))
	}
	r.More = andMore(more, "file")
	return r
}
