package stress

import (
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/longtest"
)

func FuzzCond(f *testing.F) {
	defer func(runs int) { seedRuns = runs }(seedRuns)
	seedRuns = longtest.Or(f, "runs of each input", seedRuns, 250)
	Fuzz(f, implByName(f, "cond"))
}
func FuzzChannel(f *testing.F)  { fuzzLong(f, "channel") }
func FuzzWeighted(f *testing.F) { fuzzLong(f, "weighted") }

// fuzzLong fuzzes if a fuzzer asks for it. Without one, only make test-long plays the corpus.
func fuzzLong(f *testing.F, name string) {
	if !fuzzing() {
		longtest.Need(f, "FuzzCond")
	}
	Fuzz(f, implByName(f, name))
}

func implByName(t testing.TB, name string) impls.Impl {
	t.Helper()
	for _, impl := range impls.All() {
		if impl.Name == name {
			return impl
		}
	}
	t.Fatalf("no implementation %q", name)
	return impls.Impl{}
}

// The programs of the corpus survive the encoding as bytes.
func TestFuzzCorpus(t *testing.T) {
	for _, text := range fuzzCorpus {
		p, err := parseProgram(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := programText(decodeProgram(encodeProgram(p))); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// Every input is a program, and the notation can write and read it.
func FuzzNotation(f *testing.F) {
	f.Add([]byte("\x01\x02semaphore"))
	f.Fuzz(func(t *testing.T, data []byte) {
		text := programText(decodeProgram(data))
		p, err := parseProgram(text)
		if err != nil {
			t.Fatalf("%q from %x: %v", text, data, err)
		}
		if programText(p) != text {
			t.Errorf("%q became %q", text, programText(p))
		}
	})
}
