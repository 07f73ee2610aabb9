package typeprog

import (
	"context"
	"fmt"
	"io"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A box has parameters of all kinds.
type box struct{ n int }

type point struct{ X, Y int }

type secret struct{ x int }

func (b *box) Get() int                    { return b.n }
func (b *box) Set(n int)                   { b.n = n }
func (b *box) SetAt(k string, v int) bool  { return false }
func (b *box) Move(p point) (point, error) { return p, nil }
func (b *box) All(of ...int) []int         { return of }
func (b *box) Run(f func())                { f() }
func (b *box) Read(r io.Reader)            {}
func (b *box) Send(c chan<- int)           {}
func (b *box) Hide(s secret)               {}
func (b *box) Wait(ctx context.Context)    {}
func (b *box) Any(v any) error             { return nil }
func (b *box) Negative(n int) int          { panic(fmt.Sprintf("box: %d", n)) }
func (b *box) Chain() *box                 { return b }
func (b *box) Random() int                 { return rand.Int() }
func (b *box) Now() time.Time              { return time.Now() }
func (b *box) Forever()                    { schedrt.Forever() }

func newBox() reflect.Value { return reflect.ValueOf(&box{}) }

func newSpec(t *testing.T, o Options) *Spec {
	t.Helper()
	s, err := New(reflect.TypeFor[*box](), newBox, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCallsOfMethods(t *testing.T) {
	s := newSpec(t, Options{Without: []string{"Forever"}})
	var got []string
	for _, c := range s.calls {
		got = append(got, c.text)
	}
	want := []string{
		"All(1)", "All(1, 2)", "Any(1)", "Any(2)", "Chain()", "Get()",
		"Move(typeprog.point{X: 1, Y: 1})", "Move(typeprog.point{X: 2, Y: 2})", "Move(typeprog.point{X: 0, Y: 0})",
		"Negative(1)", "Negative(2)", "Negative(0)", "Now()", "Random()", "Set(1)", "Set(2)", "Set(0)",
		`SetAt("a", 1)`, `SetAt("a", 2)`, `SetAt("b", 1)`,
		"Wait(context.Background())", "Wait(cancelledContext)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("calls %q\nwant %q", got, want)
	}
	left := strings.Join(s.leftOut, "\n")
	for _, want := range []string{
		"Run is left out: func() has no values of its own. Declare explore.Values[func()](…) or explore.Make[func()](…)",
		"Read is left out: io.Reader is an interface, whose contract is not known",
		"Send is left out: chan<- int has no values of its own. Declare explore.Values[chan<- int](…) or explore.Make",
		"Hide is left out: typeprog.secret has unexported fields only",
	} {
		if !strings.Contains(left, want) {
			t.Errorf("no %q in:\n%s", want, left)
		}
	}
}

// Options with a mistake are errors by name.
func TestBadOptions(t *testing.T) {
	one := Given(reflect.ValueOf(1), reflect.TypeFor[int]())
	for want, o := range map[string]Options{
		`Without("Close"): *typeprog.box has no exported method of this name; it has All, `: {Without: []string{"Close"}},
		`Only("get"): *typeprog.box has no exported method`:                                 {Only: []string{"get"}},
		`Run: func() has no values of its own`:                                              {Only: []string{"Run"}},
		`Set: it has 1 parameters, and Arguments gives 2`:                                   {Arguments: map[string][][]Value{"Set": {{one, one}}}},
		`SetAt: parameter 1: 1 is a int and not a string`:                                   {Arguments: map[string][][]Value{"SetAt": {{one, one}}}},
	} {
		_, err := New(reflect.TypeFor[*box](), newBox, o)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	_, err := New(reflect.TypeFor[secret](), nil, Options{})
	if want := "typeprog.secret has no exported methods to call"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %q", err, want)
	}
}

// Every program is read back from its text.
func TestParse(t *testing.T) {
	s := newSpec(t, Options{Only: []string{"Set", "SetAt", "Get"}})
	levels := s.Levels(&Probe{}, 4)
	if len(levels) != 8 {
		t.Fatalf("%d levels", len(levels))
	}
	for _, l := range levels[:3] {
		texts, _ := s.Programs(l)
		for _, text := range texts {
			if p, err := s.parse(text); err != nil || p.String() != text {
				t.Fatalf("%q: %v, %v", text, p, err)
			}
		}
	}
	for _, wrong := range []string{"", "Get() |", "Get() | Put(1)", "Get() then Get() then Get()", "Get()Get()"} {
		if _, err := s.parse(wrong); err == nil {
			t.Errorf("parse(%q) has no error", wrong)
		}
	}
}

// The programs of each shape are counted by hand: of n calls there are n(n+1)/2 pairs without an
// order, and n(n+1)(n+2)/6 triples.
func TestEachClassOnce(t *testing.T) {
	s := newSpec(t, Options{Only: []string{"Set", "Get"}}) // four calls
	// The last level: 16 pairs of calls, beside 10 unordered pairs of single calls.
	want := []int{10, 40, 64, 20, 160, 136, 256, 160}
	for i, l := range s.Levels(&Probe{}, 4) {
		texts, total := s.Programs(l)
		classes := map[string]bool{}
		for _, text := range texts {
			before, columns, ok := strings.Cut(text, thenText)
			if !ok {
				before, columns = "", text
			}
			sorted := strings.Split(columns, goText)
			slices.Sort(sorted)
			classes[before+"/"+strings.Join(sorted, "/")] = true
		}
		if len(texts) != want[i] || total != want[i] || len(classes) != want[i] {
			t.Errorf("%v: %d programs of %d, %d classes, want %d", l, len(texts), total, len(classes), want[i])
		}
	}
}

// A level that is too large is drawn: each class at most once, and the same in each process.
func TestDrawnLevel(t *testing.T) {
	s := newSpec(t, Options{})
	l := Level{Before: 2, Columns: []int{2, 2}}
	s.Levels(&Probe{}, 0)
	first, total := s.Programs(l)
	again, _ := s.Programs(l)
	if total <= mostOfLevel || len(first) != mostOfLevel || !slices.Equal(first, again) {
		t.Errorf("%d programs of %d", len(first), total)
	}
	for _, text := range first[:100] {
		if _, err := s.parse(text); err != nil {
			t.Error(err)
		}
	}
}

// Functions without results are called with one, so that package reflect needs no pool.
func TestCallable(t *testing.T) {
	v := newBox()
	f := functionsOf(v)
	if out := f["Set"].Call([]reflect.Value{v, reflect.ValueOf(7)}); len(out) != 1 || out[0].NumField() != 0 {
		t.Errorf("Set returns %v", out)
	}
	if out := f["Get"].Call([]reflect.Value{v}); len(out) != 1 || out[0].Int() != 7 {
		t.Errorf("Get returns %v, want 7", out)
	}
}

func TestSnapshot(t *testing.T) {
	type list struct {
		Value int
		Next  *list
		seen  int
	}
	cyclic := &list{Value: 1, seen: 5}
	cyclic.Next = cyclic
	var none error
	self := &box{1}
	for _, c := range []struct {
		v    any
		want string
	}{
		{1, "1"}, {uint8(200), "200"}, {int8(-3), "-3"}, {"a'b", `"a'b"`}, {1.5, "1.5"}, {true, "true"},
		{[]int{1, 2}, "[1 2]"}, {[]int(nil), "nil"}, {[]byte("xy"), `"xy"`}, {[2]bool{true}, "[true false]"},
		{map[string]int{"b": 2, "a": 1}, `map["a":1 "b":2]`}, {point{1, 2}, "{X:1 Y:2}"}, {secret{3}, "{x:3}"},
		{&point{1, 2}, "&{X:1 Y:2}"}, {&secret{3}, "a *typeprog.secret"}, {cyclic, "&{Value:1 Next:a *typeprog.list}"},
		{self, "itself"}, {fmt.Errorf("x: %w", io.EOF), `*fmt.wrapError("x: EOF")`}, {make(chan int), "a chan"},
		{struct{ E error }{none}, "{E:nil}"}, {struct{ V any }{int64(4)}, "{V:int64(4)}"},
	} {
		v := reflect.ValueOf(c.v)
		if err, ok := c.v.(error); ok {
			v = reflect.ValueOf(&err).Elem()
		}
		if got := snapshot(v, reflect.ValueOf(self).UnsafePointer()); got != c.want {
			t.Errorf("snapshot %s, want %s", got, c.want)
		}
	}
}

// The probe names what calls do alone.
func TestProbe(t *testing.T) {
	schedtest.SkipUnderRace(t)
	s := newSpec(t, Options{Only: []string{"Forever", "Negative", "Chain", "Get", "SetAt"}})
	p := s.Probe()
	if p.Problem != "" || !slices.Equal(p.Waits, []string{"Forever()"}) || len(p.Panics) != 3 {
		t.Errorf("%+v", p)
	}
	text := strings.Join(p.Text, "\n")
	for _, want := range []string{
		"Forever() alone on a fresh value waits for ever", `explore.Without("Negative") leaves it out`,
		"Negative(1) panics: box: 1, alone on a fresh value",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	// The calls that end each program have results, and return.
	if got := list(s.observers()); got != `Chain(); Get(); SetAt("a", 1); SetAt("a", 2); SetAt("b", 1)` {
		t.Errorf("observers %s", got)
	}
}

// A result that depends on random numbers is named, unless it is left out or declared equal.
func TestProbeNamesRandomResults(t *testing.T) {
	schedtest.SkipUnderRace(t)
	want := "Random() differs between two sequential plays"
	if p := newSpec(t, Options{Only: []string{"Get", "Random"}}).Probe(); !strings.HasPrefix(p.Problem, want) ||
		!strings.Contains(p.Problem, `explore.Without("Random")`) {
		t.Errorf("problem %q, want %q", p.Problem, want)
	}
	for _, o := range []Options{
		{Only: []string{"Get"}},
		{Only: []string{"Get", "Random"}, Equal: map[reflect.Type]func(a, b reflect.Value) bool{
			reflect.TypeFor[int](): func(a, b reflect.Value) bool { return true },
		}},
	} {
		if p := newSpec(t, o).Probe(); p.Problem != "" {
			t.Errorf("problem %q", p.Problem)
		}
	}
}

// A newValue that panics, waits or returns nil is named.
func TestProbeNamesNewValue(t *testing.T) {
	schedtest.SkipUnderRace(t)
	for want, newValue := range map[string]func() *box{
		"newValue does not return a value: panic: no box":        func() *box { panic("no box") },
		"newValue does not return a value: deadlock":             func() *box { schedrt.Forever(); return nil },
		"newValue does not return a value: newValue returns nil": func() *box { return nil },
	} {
		s, err := New(reflect.TypeFor[*box](), func() reflect.Value { return reflect.ValueOf(newValue()) },
			Options{Only: []string{"Get"}})
		if err != nil {
			t.Fatal(err)
		}
		if p := s.Probe(); p.Problem != want {
			t.Errorf("problem %q, want %q", p.Problem, want)
		}
	}
}

// A choice has more sequential results than are played: the verdict on a result that was not among
// them names the method, and is a refusal and no failure.
func TestSequencesAreCut(t *testing.T) {
	schedtest.SkipUnderRace(t)
	s, err := New(reflect.TypeFor[*choice](), func() reflect.Value { return reflect.ValueOf(&choice{}) }, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Program("One() | One()")
	if err != nil {
		t.Fatal(err)
	}
	p.judge.play()
	if len(p.judge.sequences) != 2*mostSchedules || p.judge.cut != "One" {
		t.Errorf("%d sequences, cut %q", len(p.judge.sequences), p.judge.cut)
	}
	r := newRun(s, p.plan)
	for i, e := range r.events() {
		e.began, e.end, e.texts = 2*i+1, 2*i+2, []string{"-1"}
	}
	if wrong := p.judge.verdict(r, &schedrt.Outcome{}); !strings.HasPrefix(wrong, "refused: One has more than") {
		t.Errorf("verdict %q", wrong)
	}
}

type choice struct{}

func (c *choice) One() int { return schedrt.Choose(1000) }

// An embedded lock, a result that cannot be compared and a fatal call are named.
type locked struct {
	sync.Mutex
}

func (l *locked) Add() int                  { return 0 }
func (l *locked) Notify() <-chan struct{}   { return nil }
func (l *locked) All() func(func(int) bool) { return nil }
func (l *locked) Exit()                     { schedrt.Fail("ends") }

func TestNotes(t *testing.T) {
	schedtest.SkipUnderRace(t)
	s, err := New(reflect.TypeFor[locked](), func() reflect.Value { return reflect.ValueOf(&locked{}).Elem() }, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := s.Probe()
	text := strings.Join(p.Text, "\n")
	for _, want := range []string{
		"Lock is left out: it is the method of an embedded lock", "TryLock is left out",
		"Notify: of a result of type <-chan struct {} only whether it is nil is compared",
		"All: of a result of type func(func(int) bool) only whether",
		"Exit() is left out: alone on a fresh value it ends the program (ends)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if got := list(s.drawn()); p.Problem != "" || got != "Add(); All(); Notify()" {
		t.Errorf("calls %s, problem %q", got, p.Problem)
	}
}

// A lock may be embedded at any depth, by a pointer or as an interface. A method that a type declares is its own,
// whatever its name is.
type (
	twice     struct{ locked }
	byPointer struct{ *sync.RWMutex }
	anyLocker struct{ sync.Locker }
	ownLock   struct{ sync.Mutex }
	ofItself  struct {
		*ofItself //lint:ignore U1000 a type that embeds itself is the case
		twice
	}
)

func (*ownLock) TryLock() bool { return true }

func TestMethodsOfEmbeddedLocks(t *testing.T) {
	for receiver, want := range map[reflect.Type]string{
		reflect.TypeFor[*locked]():    "Lock TryLock Unlock",
		reflect.TypeFor[*twice]():     "Lock TryLock Unlock",
		reflect.TypeFor[*byPointer](): "Lock RLock RLocker RUnlock TryLock TryRLock Unlock",
		reflect.TypeFor[byPointer]():  "Lock RLock RLocker RUnlock TryLock TryRLock Unlock",
		reflect.TypeFor[*anyLocker](): "Lock Unlock",
		reflect.TypeFor[*ownLock]():   "Lock Unlock",
		reflect.TypeFor[*ofItself]():  "Lock TryLock Unlock",
	} {
		var got []string
		for i := range receiver.NumMethod() {
			if m := receiver.Method(i); ofEmbeddedLock(m, receiver) {
				got = append(got, m.Name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%v: methods %q of an embedded lock, want %q", receiver, got, want)
		}
	}
}

func TestSharedValue(t *testing.T) {
	schedtest.SkipUnderRace(t)
	one := newBox()
	s, err := New(reflect.TypeFor[*box](), func() reflect.Value { return one }, Options{Only: []string{"Get"}})
	if err != nil {
		t.Fatal(err)
	}
	if p := s.Probe(); !strings.HasPrefix(p.Problem, "newValue returns the same value twice") {
		t.Errorf("problem %q", p.Problem)
	}
}
