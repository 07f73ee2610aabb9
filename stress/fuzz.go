package stress

import (
	"flag"
	"testing"

	"github.com/semabench/semabench/impls"
)

// Fuzz lets the fuzzer of the go command look for programs that refute impl: its bytes are a
// program of semaphore operations, judged as in R1 and C34.
//
//	func FuzzMine(f *testing.F) { stress.Fuzz(f, impls.Of("mine", mine.New)) }
//
//	go test -fuzz=FuzzMine
//
// The schedule of a program differs from run to run, so each is played several times. Without -fuzz
// the seed corpus is played, as with any fuzz test, and what the fuzzer found; each many times,
// as what it found may fail rarely.
func Fuzz(f *testing.F, impl impls.Impl) {
	f.Helper()
	if err := usable(impl); err != nil {
		f.Fatal(err)
	}
	for _, text := range fuzzCorpus {
		p, err := parseProgram(text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(encodeProgram(p))
	}
	runs := 1000
	if fuzzing() {
		runs = 5 // a balance: more schedules of one program, or more programs
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p := decodeProgram(data)
		for range runs {
			if h, err := performAndCheck(impl, patience, p); refutes(err) {
				t.Fatalf("%s: %s", impl.Name, examLinear.explain(t.Context(), impl, patience, p, 0, h, err).message)
			}
		}
	})
}

// fuzzing reports whether new inputs are looked for, by this process or for another one.
func fuzzing() bool {
	fuzz, worker := flag.Lookup("test.fuzz"), flag.Lookup("test.fuzzworker")
	return fuzz != nil && fuzz.Value.String() != "" || worker != nil && worker.Value.String() == "true"
}

// fuzzCorpus has a program for each way to go wrong that is known.
var fuzzCorpus = []string{
	"1: a1.3 | t1 | a1",            // one permit, everybody wants it
	"2: a2.1 | a2.1 | a1.3 t1",     // all of the permits, against one
	"2: a1.2 c2.1 r1 | a1 c2 | t1", // a cancellation at the head of the line
	"1: a1.1 | y1.1 | y1 a1",       // a cancellation meets a grant
	"3: b1 w | b3 | c1.1 t1 | w t2",
	"2: t1 w r1 | a2 | a1 c3",
	"4: a4 h4 | c2.1 c2 | t1 h1 t3", // releases by others
	"2: d1 c3.1 t3 | d2 t1 w t1",    // what cannot be
}

// Programs as bytes: two for the size and the number of workers, then two for each operation. Any
// bytes are a program, a small one: they show most, and run fast.
const (
	fuzzSizes   = 4
	fuzzWorkers = 4
	fuzzOps     = 64
)

func decodeProgram(data []byte) program {
	at := func(i int) int {
		if i < len(data) {
			return int(data[i])
		}
		return 0
	}
	p := program{size: 1 + int64(at(0)%fuzzSizes), workers: make([][]op, 1+at(1)%fuzzWorkers)}
	for i := 2; i < len(data) && i < 2+2*fuzzOps; i += 2 {
		what, how := at(i), at(i+1)
		o := op{kind: kind(what % int(numKinds))}
		if o.kind != rest {
			o.n, o.lag = 1+int64(how%16)%(p.size+1), how/16%4
		}
		w := what / int(numKinds) % len(p.workers)
		p.workers[w] = append(p.workers[w], o.endingIn(p.size))
	}
	return p
}

// encodeProgram is the inverse of decodeProgram, for programs that it can make.
func encodeProgram(p program) []byte {
	data := []byte{byte(p.size - 1), byte(len(p.workers) - 1)}
	for w, ops := range p.workers {
		for _, o := range ops {
			how := byte(0)
			if o.kind != rest {
				how = byte(o.n-1) + 16*byte(o.lag)
			}
			data = append(data, byte(int(o.kind)+int(numKinds)*w), how)
		}
	}
	return data
}
