package semaphore

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/semabench/semabench/impls"
)

// A scenario is a small program on one semaphore, written as its size and what each worker does:
//
//	2: a2 w2 r | w1 c1 r | w2 x1
//
// The letters: a acquire with context.Background, c with a context of the worker's own, d with one
// that is done, y with one whose methods use the semaphore; t try; r release that many, or what
// is held; wN rest until nothing can move any more for the N'th time; xK cancel the context of worker
// K; p release more than is held, n use negative weights, both of which must panic. In the end
// every worker releases what it holds.
type scenario struct {
	text    string
	size    int64
	workers [][]action
}

type action struct {
	kind byte
	n    int64
	note string // for the report
}

// scenarios are what explore.Semaphore plays. Each of them has a cancellation, where most defects are.
var scenarios = parseAll(
	// One call after the other: what needs no schedule.
	"1: d1 t1 r a1 r d1",
	"2: p c1 r x0 d1",
	"2: d1 p",
	"2: n d1",
	"2: y1 r y2 r d1",
	"9223372036854775807: t9223372036854775807 t1 r d1 a9223372036854775806 t1 t1",
	"2: t4294967297 c1 x0 a1 r",
	"1: c1 w2 r | w1 x0 w2 t1 r",

	// Races of two calls, and of a call with a cancellation.
	"1: t1 r | t1 r | d1",
	"1: a1 r | a1 r | d1",
	"1: a1 r | c1 r | x1",
	"2: a2 r | a2 r | d1",
	"1: a1 r | c1 r | x1 t1",
	"1: a1 w2 r | c1 r | w1 x1",
	"1: a1 w1 r | c1 | x1",
	"1: a1 w2 r | w1 c1 r | d1",
	"1: a1 w2 r | w1 a1 r | w2 c1 r",

	// Waiters that are known to wait, in line.
	"2: a2 w2 r | w1 a1 w3 r | w1 c1 w3 r x2",
	"2: a2 w2 r1 w3 r1 | w1 c2 r | w4 x1",
	"2: a1 w2 r | a1 w3 r | w1 c2 r | w4 x2",
	"2: a1 w3 r | a1 w4 r | w1 c2 r | w2 a1 r | w5 x2",
	"1: a1 w3 r | w1 a1 r | w2 c1 r | w4 x2",
	"2: a1 w4 r | w1 c2 r | w2 t1 w3 r | w5 x1",
	"2: a1 w3 r | w1 c3 | w2 a1 r | w4 x1",

	// Waiters that leave.
	"2: a1 w4 r | w1 c2 r | w2 a1 r | w3 x1",
	"1: a1 w3 r | w1 c1 r | w2 a1 r | w3 x1",
	"2: a2 w3 r1 w4 r1 | w1 c1 r | w2 a1 r | w3 x1",
	"2: a1 w3 r | w1 c2 | w2 x1",
	"1: a1 w3 r | w1 c1 | w1 c1 | w2 x1 | w2 x2",
)

func parseAll(texts ...string) (all []scenario) {
	for _, text := range texts {
		s, err := parseScenario(text)
		if err != nil {
			panic(err)
		}
		all = append(all, s)
	}
	return all
}

func parseScenario(text string) (scenario, error) {
	s := scenario{text: text}
	size, rest, ok := strings.Cut(text, ":")
	n, err := strconv.ParseInt(size, 10, 64)
	if !ok || err != nil {
		return s, fmt.Errorf("scenario %q: want a size and a colon", text)
	}
	s.size = n
	for part := range strings.SplitSeq(rest, "|") {
		var worker []action
		for word := range strings.FieldsSeq(part) {
			a, err := parseAction(word)
			if err != nil {
				return s, fmt.Errorf("scenario %q: %w", text, err)
			}
			worker = append(worker, a)
		}
		s.workers = append(s.workers, worker)
	}
	return s, nil
}

func parseAction(word string) (action, error) {
	a := action{kind: word[0], n: -1}
	if !strings.ContainsRune("acdytrwxpn", rune(a.kind)) {
		return a, fmt.Errorf("%q: no such action", word)
	}
	if len(word) > 1 {
		n, err := strconv.ParseInt(word[1:], 10, 64)
		if err != nil {
			return a, fmt.Errorf("%q: %w", word, err)
		}
		a.n = n
	}
	switch a.kind {
	case 'a', 'c', 'y', 'd':
		a.note = fmt.Sprintf("Acquire(%d)", a.n)
	case 't':
		a.note = fmt.Sprintf("TryAcquire(%d)", a.n)
	}
	return a, nil
}

// suits reports whether the scenario is legal for an implementation, by what it declares.
func (s *scenario) suits(impl impls.Impl) bool {
	if impl.OverRelease == impls.OverReleaseCorrupts && strings.Contains(s.text, "p ") {
		return false // nothing is promised of what follows
	}
	return !s.has(func(a action) bool {
		return a.n == 0 && impl.ZeroWeight == impls.ZeroPanics && strings.ContainsRune("acdytr", rune(a.kind))
	})
}

func (s *scenario) has(is func(action) bool) bool {
	return slices.ContainsFunc(s.workers, func(w []action) bool { return slices.ContainsFunc(w, is) })
}
