package stress

import (
	"flag"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
)

// Fuzz lets the fuzzer of the go command look for programs that refute impl. The bytes of an input
// are a program of semaphore operations, which is judged as in R1 and C34.
//
//	func FuzzMine(f *testing.F) { stress.Fuzz(f, impls.Of("mine", mine.New)) }
//
//	go test -fuzz=FuzzMine
//
// The schedule of a program differs from run to run, so each program is run several times. Without
// -fuzz, the seed corpus and the stored inputs of the fuzzer are run, each many times, because a
// stored input may fail rarely.
//
// The fuzzer guides itself by coverage. Coverage says nothing about schedules, so it learns
// mostly which shapes of programs reach which branches.
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
	runs := seedRuns
	if fuzzing() {
		runs = 5 // a balance between many schedules of one program and many programs
	}
	// Every input is judged by C34 too: decodeProgram makes programs that are short enough for that
	// search.
	f.Fuzz(func(t *testing.T, data []byte) {
		p := decodeProgram(data)
		for range runs {
			if h, err := runAndCheck(impl, patience, p); refutes(err) {
				f := linearMode.shrinkAndReport(t.Context(), impl, patience, p, 0, h, err)
				t.Fatalf("%s: %s", impl.Name, f.message)
			}
		}
	})
}

// seedRuns is how often each seed and each stored input runs if nothing fuzzes. It is a variable for
// the tests of this package.
var seedRuns = 1000

// fuzzing reports whether this process or its parent looks for new inputs. Package testing has no
// function for it, so it reads the flags.
func fuzzing() bool {
	fuzz, worker := flag.Lookup("test.fuzz"), flag.Lookup("test.fuzzworker")
	return fuzz != nil && fuzz.Value.String() != "" || worker != nil && worker.Value.String() == "true"
}

// fuzzCorpus has a program for each known family of defects.
var fuzzCorpus = []string{
	"1: a1.3 | t1 | a1",             // three workers want the only permit
	"2: a2.1 | a2.1 | a1.3 t1",      // requests for all permits beside a request for one
	"2: a1.2 c2.1 r1 | a1 c2 | t1",  // a cancellation at the head of the line
	"1: a1.1 | y1.1 | y1 a1",        // a cancellation meets a grant
	"3: b1 w | b3 | c1.1 t1 | w t2", // context.Background, and rests
	"2: t1 w r1 | a2 | a1 c3",       // a request for more than the size
	"4: a4 h4 | c2.1 c2 | t1 h1 t3", // releases by another goroutine
	"2: d1 c3.1 t3 | d2 t1 w t1",    // calls that cannot succeed
}

// The encoding of programs as bytes: one byte for the size, one for the number of workers, then two
// for each operation. All inputs are programs, and small ones: they show most bugs, and run fast.
//
// A change here changes the meaning of inputs that users have stored.
const (
	fuzzSizes   = 4
	fuzzWorkers = 4
	fuzzOps     = 64
)

// decodeProgram returns the program of any bytes. It is total, so that the fuzzer wastes no input
// on errors of syntax; missing bytes count as 0. The worker of an operation is part of its byte, so
// that a mutation of one byte moves one operation and leaves the others as they are.
//
// Sizes, workers and operations are bounded by taking remainders, so no input is too long to
// judge.
func decodeProgram(data []byte) model.Program {
	at := func(i int) int {
		if i < len(data) {
			return int(data[i])
		}
		return 0
	}
	p := model.Program{
		Size:    1 + int64(at(0)%fuzzSizes),
		Workers: make([][]model.Op, 1+at(1)%fuzzWorkers),
	}
	for i := 2; i < len(data) && i < 2+2*fuzzOps; i += 2 {
		what, how := at(i), at(i+1)
		o := model.Op{Kind: model.OpKind(what % numKinds)}
		if o.Kind != model.Rest {
			o.N, o.Lag = 1+int64(how%16)%(p.Size+1), how/16%4
		}
		w := what / numKinds % len(p.Workers)
		p.Workers[w] = append(p.Workers[w], withinSize(o, p.Size))
	}
	return p
}

// encodeProgram is the inverse of decodeProgram, for programs that decodeProgram can return.
//
// Only the seed corpus uses it. Its programs must decode to themselves, or the comments on them
// would be wrong.
func encodeProgram(p model.Program) []byte {
	data := []byte{byte(p.Size - 1), byte(len(p.Workers) - 1)}
	for w, ops := range p.Workers {
		for _, o := range ops {
			how := byte(0)
			if o.Kind != model.Rest {
				how = byte(o.N-1) + 16*byte(o.Lag)
			}
			data = append(data, byte(int(o.Kind)+numKinds*w), how)
		}
	}
	return data
}
