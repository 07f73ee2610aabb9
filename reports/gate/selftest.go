package gate

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// A Trial asks how often a gate would cry wolf, and how often it would sleep. It takes rows that were
// measured against themselves, draws whole runs from their pairs, judges them as any run is judged,
// and then again with slowdowns planted. The zero value is the usual trial.
//
// A run drawn this way has the noise of the recording, not of another day. And it has its luck: 24
// pairs of a row against itself may well be 2 % off, and every run drawn from them is then 2 % off
// in both stages, which no real row would be. Record more pairs than a run needs (see
// [Kind.Repeats]), or let Turn take the luck out.
type Trial struct {
	Families int       // runs drawn; 0 means 300
	Rows     int       // in each; 0 means 21
	Pairs    int       // of the first stage, twice that for contended rows; 0 means 24
	Stages   int       // 0 means 2
	Planted  []float64 // slowdowns; nil means 3, 5, 10 and 20 %
	Seed     uint64
	Options  Options

	// Turn turns every second pair round, at random. Both sides were the same program, so either
	// could have been the new one; what is lost is a real advantage of one side, which the recorded
	// runs themselves show when they are judged.
	Turn bool
}

// A Tally is what a trial counted.
type Tally struct {
	Trial         Trial // with its defaults filled in
	FalseFamilies int   // runs without any slowdown in which a row was REGRESSED
	Kinds         []Kind
}

// A Kind is the rows that are contended or allocate, or the others.
type Kind struct {
	Contended    bool
	Rows         int           // judged, over all families
	False        int           // REGRESSED without a slowdown
	Improved     int           // IMPROVED without a speedup
	Inconclusive int           // of the rows without a slowdown
	Suspects     int           // that were measured again, without a slowdown
	Found        []int         // REGRESSED with each of Trial.Planted, as if no other row were slow
	Cost         time.Duration // of all rows without a slowdown, at the pace of the recording
	Repeats      bool          // too few pairs were recorded, so some were drawn twice
}

func (t Trial) filled() Trial {
	fill := func(v *int, value int) {
		if *v == 0 {
			*v = value
		}
	}
	fill(&t.Families, 300)
	fill(&t.Rows, 21)
	fill(&t.Pairs, 24)
	fill(&t.Stages, 2)
	if t.Planted == nil {
		t.Planted = []float64{0.03, 0.05, 0.10, 0.20}
	}
	return t
}

// Run makes the trial with the Pairs, Second and SelfPairs of recorded rows, all of them of
// the old side against itself. Rows that failed are left out.
func (t Trial) Run(recorded []Row) (Tally, error) {
	t = t.filled()
	sum := Tally{Trial: t, Kinds: []Kind{{}, {Contended: true}}}
	for i := range sum.Kinds {
		sum.Kinds[i].Found = make([]int, len(t.Planted))
	}
	var pools []pool
	for i := range recorded {
		p := newPool(&recorded[i])
		if newJudged(p.row).Verdict == "" && p.pairs > 0 {
			pools = append(pools, p)
		}
	}
	if len(pools) == 0 {
		return sum, fmt.Errorf("gate trial: no row with pairs was recorded")
	}
	random := rand.New(rand.NewPCG(t.Seed, 0))
	for f := range t.Families {
		t.family(&sum, pools, random, f)
	}
	return sum, nil
}

// A pool is what was recorded of a row, by the units that it is drawn by.
type pool struct {
	row   *Row
	units [][]Pair
	pairs int // in all units
}

func newPool(row *Row) pool {
	p := pool{row: row}
	for _, stage := range [][]Pair{row.Pairs, row.Second, row.SelfPairs} {
		p.units, p.pairs = append(p.units, byLayouts(stage)...), p.pairs+len(stage)
	}
	return p
}

// drawn is a row of one run, with the second stage that it gets if it is a suspect.
type drawn struct {
	first, second []Pair
	pool          *pool
}

func (t Trial) family(sum *Tally, pools []pool, random *rand.Rand, number int) {
	rows := make([]drawn, t.Rows)
	for i := range rows {
		p := &pools[(number*t.Rows+i)%len(pools)]
		first := t.Pairs
		kind := &sum.Kinds[0]
		if p.row.Contended {
			first, kind = 2*first, &sum.Kinds[1]
		}
		second := SecondPairs(first)
		pairs := p.draw(random, first+second, t.Turn)
		kind.Repeats = kind.Repeats || first+second > p.pairs
		rows[i] = drawn{pairs[:first], pairs[first:], p}
	}
	clean := t.judge(rows, 0)
	if clean.Count(Regressed) > 0 {
		sum.FalseFamilies++
	}
	sum.count(clean, rows)
	for i, effect := range t.Planted {
		slow := t.judge(rows, effect)
		for _, j := range slow.Rows {
			if j.Time.alone(slow.Family) {
				sum.kind(j.Row).Found[i]++
			}
		}
	}
}

// draw takes n different pairs if there are so many, by whole units: the beginning of a shuffle that
// goes on from the last one.
func (p *pool) draw(random *rand.Rand, n int, turn bool) []Pair {
	var drawn []Pair
	for i := 0; len(drawn) < n; i++ {
		from := i % len(p.units)
		j := from + random.IntN(len(p.units)-from)
		p.units[from], p.units[j] = p.units[j], p.units[from]
		turning := turn && random.IntN(2) == 0
		for _, pair := range p.units[from] {
			if turning {
				pair = pair.turned()
			}
			drawn = append(drawn, pair)
		}
	}
	return drawn[:n]
}

// turned is p with its sides changed.
func (p Pair) turned() Pair {
	p.Old, p.New, p.OldMean, p.NewMean = p.New, p.Old, p.NewMean, p.OldMean
	p.OldLayout, p.NewLayout = p.NewLayout, p.OldLayout
	return p
}

// judge does what a gate does: measure, ask for suspects, measure those afresh, judge.
func (t Trial) judge(rows []drawn, effect float64) *Report {
	run := &Run{Planned: len(rows), Stages: t.Stages}
	for i, d := range rows {
		run.Rows = append(run.Rows, Row{
			Name: fmt.Sprint(i), Contended: d.pool.row.Contended, Pairs: plant(d.first, effect),
		})
	}
	for _, i := range Suspects(run, t.Options) {
		run.Rows[i].Second = plant(rows[i].second, effect)
	}
	return Judge(run, t.Options)
}

// plant makes the new side slower.
func plant(pairs []Pair, effect float64) []Pair {
	planted := make([]Pair, len(pairs))
	for i, p := range pairs {
		planted[i] = Pair{Old: p.Old, New: p.New * (1 + effect),
			OldMean: p.OldMean, NewMean: p.NewMean * (1 + effect), OldLayout: p.OldLayout, NewLayout: p.NewLayout}
	}
	return planted
}

// alone reports whether the row is REGRESSED even if no other row of the family is: Holm's
// correction favours one slow row among others.
func (t *Timing) alone(family int) bool {
	return t.Verdict == Regressed && t.Slower*float64(family) <= t.Level
}

func (s *Tally) kind(row *Row) *Kind {
	if row.Contended {
		return &s.Kinds[1]
	}
	return &s.Kinds[0]
}

func (s *Tally) count(r *Report, rows []drawn) {
	for _, j := range r.Rows {
		k := s.kind(j.Row)
		k.Rows++
		switch j.Verdict {
		case Regressed:
			k.False++
		case Improved:
			k.Improved++
		case Inconclusive:
			k.Inconclusive++
		}
		if len(j.Row.Second) > 0 {
			k.Suspects++
		}
		number, _ := strconv.Atoi(j.Row.Name) // as judge named it
		p := rows[number].pool
		pairs := len(j.Row.Pairs) + len(j.Row.Second)
		k.Cost += p.row.Spent * time.Duration(pairs) / time.Duration(p.pairs)
	}
}

// Write writes the tally as a table.
func (s Tally) Write(w io.Writer) error {
	t := s.Trial
	fmt.Fprintf(w, "%d runs of %d rows without a slowdown: a row REGRESSED in %d (%.2g %%)\n\n",
		t.Families, t.Rows, s.FalseFamilies, 100*float64(s.FalseFamilies)/float64(t.Families))
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	head := "rows\tpairs\ttime of one\tjudged\tfalse\timproved\tinconclusive\tmeasured again"
	for _, p := range t.Planted {
		head += "\t" + signed(p)
	}
	fmt.Fprintln(tab, head)
	for _, k := range s.Kinds {
		if k.Rows == 0 {
			continue
		}
		name, pairs := "uncontended", t.Pairs
		if k.Contended {
			name, pairs = "contended or allocating", 2*t.Pairs
		}
		if k.Repeats {
			name += " (pairs drawn repeatedly)"
		}
		share := func(n int) string { return fmt.Sprintf("%.3g %%", 100*float64(n)/float64(k.Rows)) }
		cells := []string{name, fmt.Sprint(pairs),
			fmt.Sprintf("%.2f s", (k.Cost / time.Duration(k.Rows)).Seconds()), fmt.Sprint(k.Rows),
			share(k.False), share(k.Improved), share(k.Inconclusive), share(k.Suspects)}
		for _, n := range k.Found {
			cells = append(cells, share(n))
		}
		fmt.Fprintln(tab, strings.Join(cells, "\t"))
	}
	return tab.Flush()
}
