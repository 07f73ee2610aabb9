package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

// A trial asks how often a gate raises a false alarm, and how often it misses a
// slowdown. It takes rows that were measured against themselves and draws whole
// runs from their pairs. It judges them as any run is judged, and then again
// with slowdowns planted. The zero value is a trial of the default gate.
//
// A run that is drawn has the noise of the recording, and not of another day. It also repeats the
// chance differences of the recording. 24 pairs of a row against itself may well be 2 % off. Then
// every run drawn from them is 2 % off in both stages, which no real row would be. Record more
// pairs than a run needs (see rowCounts.repeats), or set swap, which removes such differences.
type trial struct {
	families int       // runs drawn; 0 means 300
	rows     int       // in each run; 0 means 21
	pairs    int       // of the first stage, twice that for contended rows; 0 means 24
	stages   int       // 0 means 2
	planted  []float64 // slowdowns; nil means 3, 5, 10 and 20 %
	seed     uint64
	options  gate.Options

	// instructions are the counts of instructions of each row, by its name, from every family that counted.
	// A row that is drawn gets one of them; a row without any is judged by its time alone.
	instructions map[string][]*gate.Instructions

	// swap exchanges the sides of every second unit, at random. Both sides were
	// the same program, so either could have been the new one. This hides a real
	// advantage of one side, but the recorded runs themselves show it when they
	// are judged.
	swap bool
}

// trialCounts is the result of a trial.
type trialCounts struct {
	trial         trial // with its defaults filled in
	falseFamilies int   // runs without any slowdown in which a row REGRESSED
	kinds         []rowCounts
}

// rowCounts counts verdicts on rows of one kind: rows that are contended or
// allocate, or all other rows. Rows are counted over all families.
type rowCounts struct {
	contended    bool
	judged       int           // rows without a slowdown
	regressed    int           // of these, falsely
	improved     int           // of these, falsely
	inconclusive int           // of these
	open         int           // of these, not told by time alone
	moreWork     int           // of these, falsely
	suspects     int           // of these, measured a second time
	found        []int         // REGRESSED with each of trial.planted, as if no other row were slow
	cost         time.Duration // of all rows without a slowdown, at the pace of the recording
	repeats      bool          // too few pairs were recorded, so some pairs were drawn twice
}

// withDefaults replaces zero values by the defaults of the gate: 21 rows are
// about as many as package anchor has.
func (t trial) withDefaults() trial {
	fill := func(v *int, value int) {
		if *v == 0 {
			*v = value
		}
	}
	fill(&t.families, 300)
	fill(&t.rows, 21)
	fill(&t.pairs, 24)
	fill(&t.stages, 2)
	if t.planted == nil {
		t.planted = []float64{0.03, 0.05, 0.10, 0.20}
	}
	return t
}

// run makes the trial with the pairs of recorded rows, all stages together. All of them must be of
// the old side against itself. Rows that failed are left out. The generator is one for all
// families, so each of them is drawn anew and the whole can be repeated.
func (t trial) run(recorded []gate.Row) (trialCounts, error) {
	t = t.withDefaults()
	sum := trialCounts{trial: t, kinds: []rowCounts{{}, {contended: true}}}
	for i := range sum.kinds {
		sum.kinds[i].found = make([]int, len(t.planted))
	}
	var pools []unitPool
	for i := range recorded {
		p := newUnitPool(&recorded[i])
		if p.row.Mode != gate.Failed && p.pairs > 0 {
			pools = append(pools, p)
		}
	}
	if len(pools) == 0 {
		return sum, errors.New("gate trial: no row with pairs was recorded")
	}
	random := rand.New(rand.NewPCG(t.seed, 0))
	for f := range t.families {
		t.family(&sum, pools, random, f)
	}
	return sum, nil
}

// A unitPool holds the recorded units of a row. Units are drawn and not pairs,
// because pairs with the same layouts are not independent.
type unitPool struct {
	row   *gate.Row
	units [][]gate.Pair
	pairs int // in all units
}

// newUnitPool takes all stages of a row together: each of them compared the old
// side with itself.
func newUnitPool(row *gate.Row) unitPool {
	p := unitPool{row: row}
	for _, stage := range [][]gate.Pair{row.Pairs, row.Second, row.SelfPairs} {
		p.units, p.pairs = append(p.units, gate.Units(stage)...), p.pairs+len(stage)
	}
	return p
}

// A drawnRow is a row of one run, with the second stage that it gets if it
// becomes a suspect or stays open. The second stage is drawn in advance. It is looked at only
// if the gate asks for it, as in a real run.
type drawnRow struct {
	first, second []gate.Pair
	instructions  *gate.Instructions // nil if none were recorded
	pool          *unitPool
}

// family draws one run, judges it without a slowdown, and then with each of the planted ones. The
// same pairs are judged with each effect, so that the figures for 5 % and 10 % differ by the effect
// alone. Rows come from the pools in turn, so each recorded row is in as many families as any
// other, give or take one.
func (t trial) family(sum *trialCounts, pools []unitPool, random *rand.Rand, number int) {
	rows := make([]drawnRow, t.rows)
	for i := range rows {
		p := &pools[(number*t.rows+i)%len(pools)]
		first, kind := t.pairs, &sum.kinds[0]
		if p.row.Contended {
			first, kind = 2*first, &sum.kinds[1]
		}
		second := gate.MostPairs(first)
		pairs := p.draw(random, first+second, t.swap)
		kind.repeats = kind.repeats || first+second > p.pairs
		rows[i] = drawnRow{pairs[:first], pairs[first:], drawCounts(t.instructions[p.row.Name], random), p}
	}
	clean := t.judge(rows, 0)
	if clean.Count(gate.Regressed) > 0 {
		sum.falseFamilies++
	}
	sum.count(clean, rows)
	for i, effect := range t.planted {
		slow := t.judge(rows, effect)
		for _, j := range slow.Rows {
			if regressedAlone(j.Time, slow.Family) {
				sum.kind(j.Row).found[i]++
			}
		}
	}
}

// draw returns n pairs, by whole units. They are different pairs if there are
// as many: draw takes a shuffle from its beginning, and shuffles again only at
// its end. It changes the order of p.units, which holds no information. This is
// the shuffle of Fisher and Yates, done as far as it is needed.
func (p *unitPool) draw(random *rand.Rand, n int, swap bool) []gate.Pair {
	var drawn []gate.Pair
	for i := 0; len(drawn) < n; i++ {
		from := i % len(p.units)
		j := from + random.IntN(len(p.units)-from)
		p.units[from], p.units[j] = p.units[j], p.units[from]
		swapped := swap && random.IntN(2) == 0
		for _, pair := range p.units[from] {
			if swapped {
				pair = swapSides(pair)
			}
			drawn = append(drawn, pair)
		}
	}
	return drawn[:n]
}

// drawCounts draws one of several records of a row, and then as many counts of either side as the gate would ask
// for. A record compared one program with itself, so either side may be the new one. A side keeps its counts: its
// binary has a layout of its own, which moves all of them. The same count may be drawn twice, since there are six
// or twelve.
func drawCounts(recorded []*gate.Instructions, random *rand.Rand) *gate.Instructions {
	if len(recorded) == 0 {
		return nil
	}
	of := recorded[random.IntN(len(recorded))]
	x := &gate.Instructions{By: of.By, Ops: of.Ops, Why: of.Why, Waiting: of.Waiting}
	old, new := of.Old, of.New
	if random.IntN(2) == 0 {
		old, new = new, old
	}
	if len(old) == 0 || len(new) == 0 {
		return x
	}
	for n := x.Needs(); n > 0; n = x.Needs() {
		for range n {
			x.Old = append(x.Old, old[random.IntN(len(old))])
			x.New = append(x.New, new[random.IntN(len(new))])
		}
	}
	return x
}

// swapSides makes the old process the new one.
func swapSides(p gate.Pair) gate.Pair {
	p.Old, p.New, p.OldMean, p.NewMean = p.New, p.Old, p.NewMean, p.OldMean
	p.OldLayout, p.NewLayout = p.NewLayout, p.OldLayout
	return p
}

// judge does what a gate does: a first stage, suspects, a second stage for them and for open rows, verdicts.
// Each stage looks at the numbers of pairs at which a gate looks, and stops where the row is settled.
func (t trial) judge(rows []drawnRow, effect float64) *gate.Report {
	run := &gate.Run{Planned: len(rows), Stages: t.stages}
	all := make([]int, len(rows))
	for i, d := range rows {
		all[i] = i
		run.Rows = append(run.Rows, gate.Row{
			Name: fmt.Sprint(i), Contended: d.pool.row.Contended, Looks: gate.Looks(len(d.first), 2),
			Instructions: d.instructions, // a slowdown that is planted executes no more
		})
	}
	// next returns the pairs of the look after the ones that a stage has.
	next := func(had, drawn []gate.Pair, looks []int) []gate.Pair {
		i := slices.IndexFunc(looks, func(n int) bool { return n > len(had) })
		return plant(drawn[:looks[i]], effect)
	}
	for open := all; len(open) > 0; open = gate.Unsettled(run, t.options, open) {
		for _, i := range open {
			r := &run.Rows[i]
			r.Pairs = next(r.Pairs, rows[i].first, r.Looks)
		}
	}
	again := func(chosen []int) {
		for _, i := range chosen {
			most := min(gate.MostPairs(len(run.Rows[i].Pairs)), len(rows[i].second))
			run.Rows[i].SecondLooks = gate.Looks(most, 3)
		}
		for open := chosen; len(open) > 0; open = gate.Unsettled(run, t.options, open) {
			for _, i := range open {
				r := &run.Rows[i]
				r.Second = next(r.Second, rows[i].second, r.SecondLooks)
			}
		}
	}
	again(gate.Suspects(run, t.options))
	again(gate.Open(run, t.options))
	return gate.Judge(run, t.options)
}

// plant returns pairs whose new side is slower by effect. The slices are left
// out, as the judge does not use them.
func plant(pairs []gate.Pair, effect float64) []gate.Pair {
	planted := make([]gate.Pair, len(pairs))
	for i, p := range pairs {
		planted[i] = gate.Pair{Old: p.Old, New: p.New * (1 + effect), OldMean: p.OldMean,
			NewMean: p.NewMean * (1 + effect), OldLayout: p.OldLayout, NewLayout: p.NewLayout}
	}
	return planted
}

// regressedAlone reports whether a row is REGRESSED even if no other row of the
// family is. Holm's correction is milder for one slow row among others, and all
// rows of a planted run are slow. Testing the row's own p value against the
// level of a single slow row gives the figure that a user asks for: is my one
// slow function found?
func regressedAlone(t *gate.Timing, family int) bool {
	return t.Verdict == gate.Regressed && t.Slower*float64(family) <= t.Level
}

// kind returns the counts that a row belongs to.
func (s *trialCounts) kind(row *gate.Row) *rowCounts {
	if row.Contended {
		return &s.kinds[1]
	}
	return &s.kinds[0]
}

// count adds the rows of a run without a slowdown.
func (s *trialCounts) count(r *gate.Report, rows []drawnRow) {
	for _, j := range r.Rows {
		k := s.kind(j.Row)
		k.judged++
		switch j.Verdict {
		case gate.Regressed:
			k.regressed++
		case gate.Improved:
			k.improved++
		case gate.Inconclusive:
			k.inconclusive++
		case gate.MoreWork:
			k.moreWork++
		}
		if j.Time != nil && j.Time.Verdict == gate.Inconclusive {
			k.open++
		}
		if len(j.Row.Second) > 0 {
			k.suspects++
		}
		number, _ := strconv.Atoi(j.Row.Name) // judge gave each row its index as a name
		p := rows[number].pool
		pairs := len(j.Row.Pairs) + len(j.Row.Second)
		k.cost += p.row.Spent * time.Duration(pairs) / time.Duration(p.pairs)
	}
}
