package gate

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

// A row whose time grew by a half: one function takes all of that, another one only seems to, and a third took none of
// it. The changes are in parts of the old time, so they add up to the change of the row.
func TestCostsOfARow(t *testing.T) {
	j := &Judged{Time: &Timing{Estimate: Estimate{Ratio: 1.5}}, Row: &Row{Costs: &Costs{OldSamples: 300, NewSamples: 300,
		Functions: []Cost{{"p.slow", 0.40, 0.60}, {"p.same", 0.60, 0.38}, {"p.rest", 0, 0.02}, {"p.tiny", 0.001, 0.001}}}}}
	want := []functionCost{{"p.slow", "40 %", "90 %", "+50"}, {"p.same", "60 %", "57 %", "-3 ?"}, {"p.rest", "0 %", "3 %", "+3"}}
	got := j.costs()
	if len(got) != 3 || got[0] != want[0] {
		t.Fatalf("%v, want %v", got, want)
	}
	for i, f := range got { // two functions changed by as much
		if f.Name != "p.rest" && f != want[i] && f != want[1] {
			t.Errorf("%v, want one of %v", f, want)
		}
	}
	if title := j.costsTitle(); !strings.Contains(title, "300 and 300 samples") || !strings.Contains(title, "of the old side") {
		t.Error(title)
	}
	j.Time = nil // counted only: nothing says how long an operation takes
	if got := j.costs(); got[0].Change != "-22" || !strings.Contains(j.costsTitle(), "either side") {
		t.Errorf("%v, %s; want shares of either side", got, j.costsTitle())
	}
}

// Two profiles of one program differ by chance, and hardly any such difference has no question mark.
func TestCostsByChance(t *testing.T) {
	c := &Costs{OldSamples: 100, NewSamples: 100}
	if d := c.deviation(Cost{"f", 0.5, 0.5}, 1); math.Abs(d-math.Sqrt(2*0.25/100)) > 1e-9 {
		t.Errorf("%v", d)
	}
	if d := c.deviation(Cost{"f", 0, 0}, 1); d < 0.01 {
		t.Errorf("%v: no sample of 100 is no proof of 0", d)
	}
}

// Bars are never wider than the bar above them, and a damaged file draws nothing instead of something false.
func TestPictureOfCosts(t *testing.T) {
	j := &Judged{Row: &Row{Costs: sampleCosts()}, Time: &Timing{Estimate: Estimate{Ratio: 1.075}}}
	bars := j.picture()
	if len(bars) != 1 || bars[0].Width != "--w:100.00" || len(bars[0].Calls) != 2 {
		t.Fatalf("%+v", bars)
	}
	check := bars[0].Calls[0].Calls[1]
	if check.Class != "up much" || check.Label != "+11 example.com/q.check" || !strings.Contains(check.Title, "0 % → 11 % (+11)") {
		t.Errorf("%+v, want a bar that shows 11 %% more", check)
	}
	for name, root := range map[string]*Frame{"none": nil, "no time": {Name: "a"}, "negative": {Name: "a", Old: -1, New: 2},
		"a call is none": {Name: "a", Old: 1, New: 1, Calls: []*Frame{nil}}} {
		j.Row.Costs.Root = root
		if bars := j.picture(); len(bars) > 1 || len(bars) == 1 && name != "a call is none" {
			t.Errorf("%s: %+v", name, bars)
		}
	}
	deep := &Frame{Name: "a", Old: 1, New: 1}
	for range 1000 {
		deep = &Frame{Name: "a", Old: 1, New: 1, Calls: []*Frame{deep}}
	}
	j.Row.Costs.Root = deep
	if size := pictureSize(j.picture()); size > 20_000 {
		t.Errorf("%d bytes of a recursion", size)
	}
}

// The page of a row without profiles has no picture, and the page of one with them needs no script.
func TestPageHasThePicture(t *testing.T) {
	run, o := sampleRun()
	for _, with := range []bool{true, false} {
		var html, text bytes.Buffer
		if err := WriteHTML(&html, Judge(run, o)); err != nil {
			t.Fatal(err)
		}
		if err := WriteText(&text, Judge(run, o)); err != nil {
			t.Fatal(err)
		}
		for _, found := range []bool{strings.Contains(html.String(), `<figure class="flame">`),
			strings.Contains(html.String(), "11 example.com/q.check"), strings.Contains(text.String(), "where the time goes")} {
			if found != with {
				t.Errorf("profiles %v, and the output says otherwise", with)
			}
		}
		if strings.Contains(html.String(), "<script") {
			t.Error("a script")
		}
		for i := range run.Rows {
			run.Rows[i].Costs = nil
		}
	}
}
