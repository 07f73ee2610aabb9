package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/longtest"
)

// constructorsModule has limiters of a user's module, which does not name this suite.
var constructorsModule = map[string]string{
	"go.mod": "module example.com/mine\n\ngo 1.26\n",
	"internal/right/right.go": `package right

import "context"

type Slots chan bool

func New(n uint16) Slots { return make(Slots, n) }

func (s Slots) Acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s <- true:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s Slots) TryAcquire() bool {
	select {
	case s <- true:
		return true
	default:
		return false
	}
}

func (s Slots) Release() {
	select {
	case <-s:
	default:
		panic("released more than held")
	}
}

type Lock struct{}

func (Lock) Lock() {}

func NewLock(n int) Lock { return Lock{} }
func NewText(s string) Slots { return nil }
func NewAny[T any](n int) Slots { return nil }
`,
	"wrong/wrong.go": `package wrong

import (
	"context"

	"example.com/mine/internal/right"
)

// A Greedy grants a second permit for each.
type Greedy struct{ right.Slots }

func New(n int) Greedy { return Greedy{right.New(uint16(2 * n))} }

func (g Greedy) Acquire(ctx context.Context) error { return g.Slots.Acquire(ctx) }
`,
	"broken/broken.go": "package broken\n\nfunc New(n int) int { return m }\n",
	"cmd/main.go":      "package main\n\nfunc New(n int) int { return n }\n\nfunc main() {}\n",
}

func inConstructorsModule(t *testing.T) (dir string) {
	t.Helper()
	dir = writeFiles(t, filepath.Join(t.TempDir(), "größe 1"), constructorsModule)
	t.Chdir(dir)
	return dir
}

// Every verb refuses what is no constructor of a semaphore, names it, and says what is wrong with it.
func TestConstructorsThatDoNotFit(t *testing.T) {
	dir := inConstructorsModule(t)
	before := names(t, dir)
	for given, want := range map[string]string{
		"./nowhere.New":                 "./nowhere.New: looking for func New in package ./nowhere",
		"./cmd.New":                     "is a program, which cannot be imported",
		"./internal/right.Missing":      "./internal/right.Missing: undefined: right.Missing; the package has New",
		"./internal/right.NewLokc":      "undefined: right.NewLokc (did you mean ./internal/right.NewLock?)",
		"./internal/right.NewLock":      "./internal/right.NewLock: right.Lock has no Acquire(context.Context, int64) error; it has no TryAcquire",
		"./internal/right.NewText":      "./internal/right.NewText: want one whole number",
		"./internal/right.NewAny":       "cannot infer T",
		"./broken.New":                  "broken.go:3:30: undefined: m",
		"weighted=./internal/right.New": "another implementation is named weighted",
	} {
		verbs := [][]string{{"policies"}, {"stress", "-time", "1ms"}, {"run", "-quick", "-o", "out"}, {"explore"}}
		compiles := strings.Contains(given, "internal") || strings.Contains(given, "broken")
		switch {
		case given != "./internal/right.NewLock": // where the verbs share the code
			verbs = verbs[3:]
		case !longtest.Asked():
			verbs = verbs[:1]
			compiles = false
		}
		if compiles && !longtest.Asked() {
			continue
		}
		for _, args := range verbs {
			code, stderr := linkedCommand(t, append(args, "-impl", given)...)
			if code != exitcode.Refused || !strings.Contains(stderr, want) || strings.Contains(stderr, "semabench_") {
				t.Errorf("%v of %s exits %d: %s, want %q", args, given, code, stderr, want)
			}
		}
	}
	t.Chdir(t.TempDir())
	for _, verb := range []string{"policies", "stress", "explore", "run"} {
		if code, stderr := linkedCommand(t, verb, "-impl", "./mine.New"); code != exitcode.Refused ||
			!strings.Contains(stderr, "the working directory is in no Go module") {
			t.Errorf("%s outside of modules exits %d: %s", verb, code, stderr)
		}
	}
	if after := names(t, dir); after != before {
		t.Errorf("the module has %s after it had %s", after, before)
	}
}

// The policies of a constructor are what its type shows.
func TestPoliciesOfAConstructor(t *testing.T) {
	longtest.Need(t, "TestConstructorsThatDoNotFit")
	inConstructorsModule(t)
	code, stdout, stderr := command(t, "", "policies", "-impl", "./internal/right.New,weighted")
	if code != exitcode.OK || !strings.Contains(stdout, "\nright ") || !strings.Contains(stdout, "1 only") {
		t.Errorf("exits %d, %s, with\n%s", code, stderr, stdout)
	}
}

// A limiter that grants too much fails in stress and explore, and a right one passes. The file and the
// line that replay the failure do so from another folder of the module.
func TestConstructorsArePlayed(t *testing.T) {
	longtest.Need(t, "TestConstructorsThatDoNotFit")
	dir := inConstructorsModule(t)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	out := filepath.Join(t.TempDir(), "out")
	args := []string{"stress", "-ops", "2000", "-max-failures", "1", "-o", out, "-impl"}
	if code, stdout, stderr := command(t, "", append(args, "./internal/right.New")...); code != exitcode.OK {
		t.Errorf("a right limiter: exits %d, %s\n%s", code, stderr, stdout)
	}
	if code, _, stderr := command(t, "", append(args, "./wrong.New")...); code != exitcode.Failed {
		t.Errorf("a wrong limiter: exits %d, %s", code, stderr)
	}
	t.Chdir(filepath.Join(dir, "cmd"))
	kept, err := filepath.Glob(filepath.Join(out, "*.txt"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("%v (%v), want one failure", kept, err)
	}
	mustContain(t, "the file", read(t, kept[0]), "\nconstructors: wrong=example.com/mine/wrong.New\n")
	if code, stdout, stderr := command(t, "", "stress", "-replay", kept[0]); code != exitcode.Failed || stdout == "" {
		t.Errorf("the replay exits %d, %s\n%s", code, stderr, stdout)
	}
	code, stdout, stderr := command(t, "", "explore", "-schedules", "20", "-impl", "../internal/right.New,../wrong.New")
	if code != exitcode.Failed || !strings.Contains(stdout, "TestImplementation/wrong: fail") ||
		strings.Contains(stdout, "right: fail") {
		t.Fatalf("explore exits %d, %s\n%s", code, stderr, stdout)
	}
	_, line, _ := strings.Cut(stdout, "replay: semabench explore -impl wrong=example.com/mine/wrong.New ")
	line, _, _ = strings.Cut(line, "\n")
	scenario, schedule, ok := strings.Cut(strings.TrimPrefix(line, "-scenario='"), "' -schedule=")
	code, stdout, stderr = command(t, "", "explore", "-impl", "wrong=example.com/mine/wrong.New",
		"-scenario", scenario, "-schedule", schedule)
	if !ok || code != exitcode.Failed || !strings.Contains(stdout, "wrong: fail") {
		t.Errorf("the replay %q exits %d, %s\n%s", line, code, stderr, stdout)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.sum")); err == nil {
		t.Error("the module got a go.sum")
	}
}
