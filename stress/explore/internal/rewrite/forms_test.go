package rewrite_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/rewrite"
)

// forms are function bodies in every form of the statements that are rewritten. Each returns a
// value that is the same in every execution, whatever the order of maps.
var forms = []string{
	// Maps: the variables declared again, left out, blank, assigned.
	`s := 0; for k, v := range m { k := k; v := v; s += len(k) * v }; return s`,
	`s := 0; for k, v := range m { k, v := v, k; s += k * len(v) }; return s`,
	`s := 0; for k := range m { k := k + k; s += len(k) }; return s`,
	`s := 0; for _, v := range m { v := v; s += v }; return s`,
	`s := 0; for k, _ := range m { s += len(k) }; return s`,
	`s := 0; for range m { s++ }; for _ = range m { s++ }; for _, _ = range m { s++ }; return s`,
	`var k string; var v, s int; for k, v = range m { s += len(k) * v }; return s`,
	`var k any; s := 0; for k = range m { s += len(k.(string)) }; return s`,
	`var v any; s := 0; for _, v = range m { s += v.(int) }; return s`,
	`var p struct{ a, b any }; n := 0; for p.a, p.b = range m { n++ }; return n`,
	`a := []string{""}; b := map[int]int{}; n := 0; for a[0], b[n] = range m { n++ }; return len(b)`,
	`x, y := new(string), new(int); s := 0; for *x, *y = range m { s += len(*x) * *y }; return s`,
	`s := 0; for k, v := range (m) { func(k string) { s += len(k) * v }(k) }; return s`,
	`s := 0; for k, v := range map[string]int{"x": 1, "yy": 2} { s += len(k) * v }; return s`,
	`s := 0; for _, v := range func() map[string]int { return m }() { s += v }; return s`,
	`n := 0; var none map[string]int; for k := range none { _ = k; n++ }; return n`,
	`s := 0; for k, m := range m { for range m { s += len(k) } }; return s`,
	`s := 0; for k, v := range m { for k, v := range m { s += len(k) * v }; s += len(k) * v }; return s`,
	`var fs []func() int; for _, v := range m { fs = append(fs, func() int { v *= 10; return v }) }
	s := 0; for _, f := range fs { s += f() + f() }; return s`,
	`n := 0; for _, v := range m { defer func() { n += v }() }; return n`,
	// The type of an argument is of its place, and two packages have one name.
	`c := make(chan bool); x := 1; go func(a one.Flag, b two_.Flag) { c <- bool(a) && bool(b) }(x == 1, x != 2)
	return <-c`,
	// Labels, goto, break and continue.
	`s := 0
	outer:
	for k, v := range m { for k2 := range m { if k2 == k { continue outer }; if v > 100 { break outer } }; s += v }
	return s > 0`,
	`n := 0
	again:
	for k := range m { if n < 3 { n++; goto again }; _ = k; break }
	return n`,
	`for k, v := range m { if v == 2 { goto found }; _ = k }
	return "none"
	found:
	return "found"`,
	`n := 0; for k := range m {
		redo:
		if n++; n%3 != 0 { goto redo }
		_ = k
	}; return n`,
	`s := 0
	loop:
	for k, v := range m { switch { case v == 1: continue loop; case v == 2: break; default: s += len(k) }; select { default: break }; s++ }
	return s`,
	`for k, v := range m { if len(k) == v { return "first" } }; return "last"`,
	// Maps that change meanwhile, and keys that cannot be found.
	`c := map[int]bool{1: true, 2: true, 3: true}; n := 0; for k := range c { delete(c, k); n++ }; return []int{n, len(c)}`,
	`c := map[int]int{1: 1, 2: 2}; n := 0; for range c { clear(c); n++ }; return n`,
	`c := map[int]int{1: 1, 2: 2}; s := 0; for k := range c { c[k] = 10; s += c[k] }; return s`,
	`c := map[int]int{1: 1, 2: 2}; s := 0; for k := range c { c = nil; s += k }; return s`,
	`nan := 0.0; nan /= nan; c := map[float64]int{nan: 1}; c[nan] = 2; s := 0; for k, v := range c { if k == k { s = 100 }; s += v }; return s`,
	`c := map[any]int{1: 1, "a": 2, [1]int{3}: 3, nil: 4}; s := 0; for _, v := range c { s += v }; return s`,
	`p, q := new(int), new(int); c := map[*int]int{p: 1, q: 2}; c[p]++; s := 0; for k, v := range c { *k += v; s += v }; return s + *p**q`,
	`type key struct{ p *int }; c := map[key]int{{nil}: 1, key{new(int)}: 2}; return len(c)`,
	`c := map[*struct{ a int }]int{{1}: 1, {2}: 2}; return len(c)`,
	`type flag bool; c := map[any]int{}; n := 3; c[n == 3] = 1; c[1<<n] = 2; c[flag(n == 3)] = 3; return len(c)`,
	`c := map[any]int{}; for c["k"] = range 3 { }; return c["k"]`,
	`c := map[*int]string{}; p := new(int); for _, c[p] = range []string{"a", "b"} { }; return c[p]`,
	// Everything else that range takes.
	`s := 0; for i := range 5 { i := i * i; s += i }; for range 3 { s++ }; return s`,
	`s := 0; for i, c := range "añb" { i, c := i, c; s += i * int(c) }; return s`,
	`a := [3]int{1, 2, 3}; s := 0; for i, v := range &a { a[2] = 9; i, v := i, v; s += i * v }; return s`,
	`var fs []func() int; for i := range 3 { fs = append(fs, func() int { return i }) }; return fs[0]() + fs[1]() + fs[2]()`,
	`s := 0; for i, v := range seq(4) { i, v := i, v; if i == 1 { continue }; if i == 3 { break }; s += i * v }; return s`,
	`s := 0; for range seq(3) { s++ }; for i := range seq(3) { defer func() { s += i }() }; return s`,
	`for i, v := range seq(4) { for k := range m { if i == 2 { return k == "" || v > 0 } } }; return nil`,
	`s := 0
	outer:
	for i := range seq(4) { for range m { if i == 2 { continue outer }; s++ }; for range filled(3) { if i == 3 { break outer }; s += 10 } }
	return s`,
	// Channels.
	`s := 0; for v := range filled(3) { v := v * v; s += v }; for range filled(2) { s++ }; return s`,
	`var v any; n := 0; for v = range filled(3) { n += v.(int) }; for _ = range filled(1) { n++ }; return n`,
	`a := []int{0}; for a[0] = range filled(3) { }; return a[0]`,
	`s := 0
	loop:
	for v := range filled(5) { if v == 1 { continue loop }; if v == 3 { break loop }; s += v }
	return s`,
	`var fs []func() int; for v := range filled(3) { fs = append(fs, func() int { return v }) }; return fs[0]()*100 + fs[1]()*10 + fs[2]()`,
	`s := 0; for v := range filled(3) { for v := range filled(v) { s += v + 1 } }; return s`,
	`var both chan int = filled(2); s := 0; for v := range (<-chan int)(both) { s += v }; return s`,
	`type stream <-chan int; s := 0; for v := range stream(filled(3)) { s += v }; return s`,
	`x, ok := <-filled(1); y, closed := <-filled(0); return []any{x, ok, y, closed}`,
	`var x, ok = <-filled(1); if v, ok := <-filled(0); !ok { return []any{x, v, ok} }; return ok`,
	`ch := make(chan int, 4); for i := 0; i < 3; ch <- i { i++ }; if ch <- 9; len(ch) == 4 { return 1 }; return len(ch) * cap(ch)`,
	// Select.
	`select { case v, ok := <-filled(1): { v, ok := v+1, !ok; return []any{v, ok} }; default: return 0 }`,
	`ch := make(chan any, 1); n := 4; select { case ch <- 1 << n: }; return <-ch`,
	`ch := make(chan uint64, 1); n := 4; select { case ch <- 1 << n: }; ch2 := make(chan uint8, 1); ch2 <- 1 << n; return []any{<-ch, <-ch2}`,
	`a := map[string]int{}; var ok bool
	s: select { case a["x"], ok = <-filled(1): if ok { break s }; a["y"] = 1 }
	return len(a)`,
	`n := 0; for { select { case v := <-filled(1): n += v + 1; if n < 3 { continue }; default: }; break }; return n`,
	`select { case <-func() chan int { select { case <-filled(1): return filled(1) } }(): return 1; case <-(chan int)(nil): return 2 }`,
	`select { case _ = <-filled(1): case _, _ = <-(chan int)(nil): }; return 1`,
	// Go and defer.
	`ch := make(chan int, 4); n := 3
	send := func(v uint64) { ch <- int(v) }; go send(1 << n); return <-ch`,
	`ch := make(chan any, 4); n := 3; go func(v any) { ch <- v }(1 << n); return <-ch`,
	`type flag bool; ch := make(chan flag, 1); n := 3; go func(f flag) { ch <- f }(n == 3); return <-ch`,
	`ch := make(chan bool); n := 3; go func(f ...answer) { ch <- bool(f[1]) }(n == 2, n == 3); return <-ch`,
	`ch := make(chan any); go func(a any, b error, c []int) { ch <- []any{a, b, c == nil} }(nil, nil, nil); return <-ch`,
	`ch := make(chan time.Duration, 1); n := 3; go func(d time.Duration) { ch <- d }(1 << n); return <-ch`,
	`ch := make(chan time.Duration, 1); n := 3; go func(t time.Weekday) { ch <- time.Hour * (1 << n) }(-(1 << n)); return <-ch`,
	`ch := make(chan int, 1); go func() int { ch <- 1; return 2 }(); return <-ch`,
	`ch := make(chan int, 1); go (func() { ch <- 1 })(); return <-ch`,
	`ch := make(chan int, 1); go func(vs ...int) { ch <- len(vs) }(two()); return <-ch`,
	`ch := make(chan int); go close(ch); _, ok := <-ch; return ok`,
	`type in chan<- int; ch := make(chan int, 3); var s in = ch; s <- 1; var t chan<- int = ch; return []int{len(s), cap(s), len(t), len(in(nil))}`,
	`return fill(make(chan int, 2), 1) + 10*fill[chan<- int](make(chan int, 3), 1)`,
	`b := &box[int]{ch: make(chan int, 3)}; go b.put(7); go (*box[int]).put(b, 8); return <-b.ch + <-b.ch`,
	`ch := make(chan int, 1); go put(ch, 1); return <-ch`,
	`ch := make(chan int, 1); go put[chan int](ch, 1); return <-ch`,
	`ch := make(chan string, 1); func() { defer func() { ch <- recover().(string) }(); defer panic("p") }(); return <-ch`,
	`ch := make(chan int, 2); func() { defer close(ch); defer func(v int) { ch <- v }(1) }(); s := 0; for v := range ch { s += v }; return s`,
	`n := 0; f := func() func() { n++; return func() { n *= 10 } }; func() { defer f()() }(); return n`,
	// Type parameters, in functions, types and methods.
	`return []any{sumMap(m), sumMap(named{"a": 2}), sumDeep(m), sumChan(filled(3)), sumDeepChan(filled(3)), length(filled(0))}`,
	`b := &box[int]{m: map[int]int{1: 2, 3: 4}, ch: filled(4)}; return []int{b.sum(), b.drain()}`,
	`s := 0; for v := range (&box[int]{m: map[int]int{1: 2, 3: 4}}).all { s += v }; return s`,
	`c := ranked[*int](new(int), new(int)); return len(c) + len(ranked(1, 2)) + zeroKey[int]() + zeroKey[answer2]()`,
}

// formsPackage has the forms as functions, and what they use.
func formsPackage() string {
	var b strings.Builder
	b.WriteString(`package dep

import (
	"time"

	one "example.org/m/one/kind"
	two_ "example.org/m/two/kind"
)

var m = map[string]int{"a": 1, "bb": 2, "ccc": 3}

type (
	named   map[string]int
	answer  bool
	answer2 int
)

func two() (int, int) { return 1, 2 }

func filled(n int) chan int {
	ch := make(chan int, n)
	for i := range n {
		ch <- i
	}
	close(ch)
	return ch
}

func seq(n int) func(func(int, int) bool) {
	return func(yield func(int, int) bool) {
		for i := range n {
			if !yield(i, i+1) {
				return
			}
		}
	}
}

type (
	mapOf[K comparable]  interface{ ~map[K]int }
	deepMap              interface{ mapOf[string] }
	chanOf[T any]        interface{ ~chan T | ~<-chan T }
	deepChan             interface{ interface{ chanOf[int] } }
)

func sumMap[M ~map[K]V, K comparable, V int | int8](m M) (s V) {
	for _, v := range m {
		v := v
		s += v
	}
	return s
}

func sumDeep[M deepMap](m M) (s int) {
	for k, v := range m {
		k, v := k, v
		s += len(k) * v
	}
	return s
}

func sumChan[C ~chan int](ch C) (s int) {
	for v := range ch {
		v := v
		s += v
	}
	return s
}

func sumDeepChan[C deepChan](ch C) int {
	select {
	case v := <-ch:
		w, _ := <-ch
		return 10*v + w + <-ch
	}
}

func length[C deepChan](ch C) int { return len(ch) + cap(ch) }

func put[C ~chan T, T any](ch C, v T) { ch <- v }

func fill[C ~chan T | ~chan<- T, T any](ch C, v T) int {
	for len(ch) < cap(ch) {
		ch <- v
	}
	close(ch)
	return len(ch)
}

func ranked[K comparable](a, b K) map[K]int {
	c := map[K]int{a: 1}
	c[b] = 2
	return c
}

func zeroKey[K ~int]() int {
	c := map[K]int{0: 1}
	c[1] = 2
	return len(c)
}

type box[T ~int] struct {
	m  map[T]T
	ch chan T
}

func (b *box[T]) put(v T) { b.ch <- v }

func (b *box[T]) sum() (s T) {
	for k, v := range b.m {
		k, v := k, v
		s += k * v
	}
	return s
}

func (b *box[T]) drain() (s T) {
	for v := range b.ch {
		s += v
	}
	return s
}

func (b *box[T]) all(yield func(T) bool) {
	for k := range b.m {
		if !yield(k) {
			return
		}
	}
}

var Forms = []func() any{
`)
	for i := range forms {
		fmt.Fprintf(&b, "\tform%d,\n", i)
	}
	b.WriteString("}\n")
	for i, body := range forms {
		fmt.Fprintf(&b, "\nfunc form%d() any {\n\t%s\n}\n", i, body)
	}
	return b.String()
}

// formsTest prints the value of each form, outside of control and then, where the engine is in the
// binary, under it.
const formsTest = `package m

import (
	"fmt"
	"os"
	"testing"

	"example.org/m/dep"
	"example.org/m/old"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

type first struct{}

func (first) Pick(*schedrt.Point) int { return 0 }
func (first) Choose(int) int          { return 0 }

func TestM(t *testing.T) {
	x := schedrt.New(schedrt.Limits{})
	defer x.Close()
	for i, f := range append(dep.Forms, old.Forms...) {
		fmt.Printf("native %d: %v\n", i, f())
		if os.Getenv("PLAY") == "" {
			continue
		}
		out := x.Play(first{}, func() { fmt.Printf("played %d: %v\n", i, f()) })
		if out.Kind != schedrt.Passed {
			t.Errorf("form %d: %v: %s", i, out.Kind, out.Message)
		}
	}
}
`

// oldForms are for a language version in which all rounds of a loop share their variables.
const oldForms = `//go:build go1.21

package old

var m = map[string]int{"a": 1, "bb": 1, "cc": 1}

func filled() chan int {
	ch := make(chan int, 3)
	ch <- 1
	ch <- 2
	close(ch)
	return ch
}

var Forms = []func() any{
	func() any { var fs []func() int; for _, v := range m { fs = append(fs, func() int { v++; return v }) }; return fs[0]()*100 + fs[1]()*10 + fs[2]() },
	func() any { var ps []*string; for k := range m { k := k; ps = append(ps, &k) }; return len(*ps[0]) + len(*ps[1]) + len(*ps[2]) },
	func() any { var ps []*string; for k, v := range m { ps = append(ps, &k); _ = v }; return ps[0] == ps[1] && ps[1] == ps[2] },
	func() any { var ps []*int; for v := range filled() { ps = append(ps, &v) }; return ps[0] == ps[1] },
	func() any { s := 0; for v := range filled() { v := v * 2; s += v }; return s },
}
`

var formLine = regexp.MustCompile(`(?m)^(native|played) (\d+): (.*)$`)

// Each form has the same value in the program as it is, in its rewritten copy, and under control.
func TestForms(t *testing.T) {
	dir := tree{"go.mod": goMod, "dep/dep.go": formsPackage(), "old/old.go": oldForms,
		"one/kind/kind.go": "package kind\n\ntype Flag bool\n",
		"two/kind/kind.go": "package kind\n\ntype Flag bool\n",
		"m_test.go":        formsTest}.write(t)
	binary := filepath.Join(t.TempDir(), "plain.test")
	plain := exec.Command("go", "test", "-c", "-vet=off", "-o", binary, ".")
	plain.Dir = dir
	if out, err := plain.CombinedOutput(); err != nil {
		t.Fatalf("the forms as they are: %v\n%s", err, out)
	}
	want := valuesOf(t, binary)
	b, err := rewrite.Build(t.Context(), rewrite.Options{Dir: dir, Cache: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	t.Setenv("PLAY", "yes")
	got := valuesOf(t, b.Path)
	if len(want) < len(forms) {
		t.Fatalf("%d values of %d forms", len(want), len(forms))
	}
	for i, value := range want {
		if !slices.Equal(got[i], []string{value[0], value[0]}) {
			t.Errorf("form %s is %s, rewritten and played %s", i, value[0], got[i])
		}
	}
}

// valuesOf returns the values that a test binary prints for each form, native and played.
func valuesOf(t *testing.T, binary string) map[string][]string {
	t.Helper()
	out, err := exec.Command(binary).CombinedOutput()
	values := map[string][]string{}
	for _, m := range formLine.FindAllStringSubmatch(string(out), -1) {
		values[m[2]] = append(values[m[2]], m[3])
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return values
}
