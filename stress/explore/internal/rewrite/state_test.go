package rewrite_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore/internal/rewrite"
)

// stateful is a package with package variables of many kinds. Work returns what it found in them,
// and changes them all.
const stateful = `package dep

import (
	_ "embed"
	"database/sql"
	"database/sql/driver"
	"errors"
	"expvar"
	"flag"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"example.org/m/registry"
)

var (
	once     sync.Once
	table    map[string]int
	get      = sync.OnceValue(func() int { calls++; return calls })
	calls    int
	cache    sync.Map
	mu       sync.Mutex
	names    = map[string]int{"a": 1}
	list     = []int{1, 2, 3}
	array    [3]int
	tokens   = make(chan int, 2)
	counter  atomic.Int64
	a        = b + 1 // initialized after b
	b        = double(20)
	x, y     = both()
	held     struct{ sync.Mutex; n int }
	pointer  = &struct{ n int }{1}
	next     = func() func() int { n := 0; return func() int { n++; return n } }()
	pool     = sync.Pool{New: func() any { return new(int) }}
	verbose  = flag.Bool("dep-verbose", true, "")
	level    int
	hits     = expvar.NewInt("dep-hits")
	errFound = errors.New("found")
	errCopy  = errFound
	jobs     chan func()
	header   = http.Header{}
	seen     = map[*int]bool{new(int): true}
	mock     *mockDriver
	_        = registry.Add("var")
)

//go:embed text
var text []byte

type mockDriver struct {
	opened  int
	names   map[string]*int
	parent  *mockDriver
	pending []*int
}

func (d *mockDriver) Open(string) (driver.Conn, error) { d.opened++; return nil, errFound }

func init() {
	mock = &mockDriver{names: map[string]*int{"init": new(int)}, pending: []*int{new(int)}}
	mock.opened, mock.parent = 5, mock
	sql.Register("mock", mock)
	table = map[string]int{"init": 1}
	flag.IntVar(&level, "dep-level", 7, "")
	http.Handle("/dep", http.NotFoundHandler())
	registry.Add("init")
}

func init() {
	tokens <- len(table)
	jobs = make(chan func())
	go func() {
		for f := range jobs {
			f()
		}
	}()
	done := make(chan bool)
	jobs <- func() { close(done) }
	<-done
}

func double(n int) int { return 2 * n }

func both() (int, error) { return list[1], nil }

func Work() []any {
	found := []any{len(table), get(), calls, names["a"], names["b"], list[0], array[1], len(tokens),
		counter.Load(), a, b, x, y == nil, held.n, pointer.n, next(), *verbose, level, errCopy == errFound,
		registry.Len(), string(text), len(header)}
	for p := range seen {
		found = append(found, *p)
		*p++
	}
	header.Set("Work", "done")
	db, err := sql.Open("mock", "")
	if err != nil || db.Driver() != driver.Driver(mock) {
		found = append(found, "another driver than the registered one", err)
	}
	db.Close() // ends a goroutine
	found = append(found, mock.parent.opened, *mock.names["init"], len(mock.names), *mock.pending[0])
	mock.opened++
	*mock.names["init"], mock.names["work"], *mock.pending[0] = 1, new(int), 1
	once.Do(func() { found = append(found, "once") })
	_, loaded := cache.LoadOrStore("k", 1)
	done := make(chan bool)
	jobs <- func() { time.Sleep(time.Second); close(done) }
	<-done
	found = append(found, loaded, mu.TryLock(), held.TryLock()) // both stay locked
	table["more"], names["b"], list[0], array[1], b, a, x = 1, 2, 3, 4, 5, 6, 7
	tokens <- 1
	counter.Add(1)
	held.n++
	p := pointer
	p.n++
	registry.Add("work")
	*pool.Get().(*int) = 1
	return found
}
`

// registry registers a handler in a function that no initializer calls, so its variables begin anew.
const registry = `package registry

import "net/http"

var all = map[string]bool{}

func Serve() { http.Handle("/registry", http.NotFoundHandler()) }

func Add(name string) bool { all[name] = true; return true }

func Len() int { return len(all) }
`

// flags defines a flag by a call of an initializer. A second call would panic.
const flags = `package flags

import "flag"

var (
	level = define()
	calls int
)

func define() *int { return flag.Int("flags-level", 3, "") }

func Level() int { calls++; return *level }
`

// checks has init functions that register something in other ways than by a single statement. None of them
// can run again.
const checks = `package checks

import (
	"expvar"
	"flag"
	"net/http"
)

func init() {
	if expvar.Get("checks") != nil {
		panic("checks is registered")
	}
	expvar.NewInt("checks")
}

func init() { http.DefaultServeMux.Handle("/checks", http.NotFoundHandler()) }

func init() { flag.CommandLine.Int("checks-level", 1, "") }

var Last *int
`

const playsState = `package m

import (
	"fmt"
	"net/http"
	"flag"
	"testing"

	"example.org/m/checks"
	"example.org/m/dep"
	"example.org/m/flags"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

type first struct{}

func (first) Pick(*schedrt.Point) int { return 0 }
func (first) Choose(int) int          { return 0 }

func TestM(t *testing.T) {
	checks.Last = new(int) // not constant
	x := schedrt.New(schedrt.Limits{})
	defer x.Close()
	if s := schedrt.UncontrolledGoroutines(); s != "" {
		t.Error(s)
	}
	var want string
	for i := range 4 {
		var got string
		if out := x.Play(first{}, func() { got = fmt.Sprint(dep.Work(), flags.Level()) }); out.Kind != schedrt.Passed {
			t.Fatalf("%v: %s\n%s", out.Kind, out.Message, out.Stack)
		}
		if i == 0 {
			want = got
		}
		if got != want {
			t.Errorf("execution %d found %s, the first one %s", i, got, want)
		}
	}
	if want != "[1 1 1 1 0 1 0 1 0 41 40 2 true 0 1 1 true 7 true 2 embedded 0 0 5 0 1 0 once false true true] 3" {
		t.Error(want)
	}
	for range 2 { // the mux is restored, the flags are not
		if out := x.Play(first{}, func() { http.Handle("/m", http.NotFoundHandler()) }); out.Kind != schedrt.Passed {
			t.Errorf("%v: %s", out.Kind, out.Message)
		}
	}
	for name, f := range map[string]func(){
		"flag.Int": func() { _ = flag.Int("m", 1, "") },
	} {
		out := x.Play(first{}, f)
		if out.Kind != schedrt.Refused || out.Message != name+" changes the process for good, and is not under control" {
			t.Errorf("%s: %v: %s", name, out.Kind, out.Message)
		}
	}
	// A goroutine that the initialization did not start is a leak, beside the goroutines that it started.
	if out := x.Play(first{}, func() { go func() { <-make(chan int) }() }); out.Kind != schedrt.Leak {
		t.Errorf("%v, want a leak", out.Kind)
	}
}
`

// Each execution begins with the package variables, init functions and goroutines of the start of
// the process. A registration that the standard library keeps for good is made once, and refused later.
func TestPackageState(t *testing.T) {
	dir := tree{"go.mod": goMod, "dep/dep.go": stateful, "dep/text": "embedded",
		"registry/registry.go": registry, "flags/flags.go": flags,
		"checks/checks.go": checks, "m_test.go": playsState}.write(t)
	b, err := rewrite.Build(t.Context(), rewrite.Options{Dir: dir, Cache: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if out, err := exec.Command(b.Path).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// A package whose variables cannot change costs nothing: nothing is initialized again.
func TestPackagesWithoutState(t *testing.T) {
	const constant = `package dep

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"sync"
)

type kind struct{ name string; n int }

var (
	ErrA             = errors.New("a")
	ErrB       error = fmt.Errorf("b: %w", ErrA)
	word             = regexp.MustCompile("[a-z]+")
	names            = map[string]int{"a": 1}
	kinds            = []kind{{"a", 1}, {"b", 2}}
	number           = 3
	limit            = double(number)
	intType          = reflect.TypeOf(0)
	f                = func(n int) int { return n + 1 }
	_ fmt.Stringer   = (*kind)(nil)
)

func double(n int) int { return 2 * n }

func (k *kind) String() string { return k.name }

func Work() {
	var mu sync.Mutex
	mu.Lock()
	mu.Unlock()
	mu.Lock()
	sum := limit + f(number) + names["a"] + len(kinds) + kinds[1].n
	for _, k := range kinds {
		sum += k.n
	}
	if !word.MatchString(ErrB.Error()) || !errors.Is(ErrB, ErrA) || reflect.TypeOf(sum) != intType {
		panic(sum)
	}
}

`
	changing := strings.Replace(constant, "var mu sync.Mutex", "names[\"b\"]++\n\tvar mu sync.Mutex", 1)
	for text, want := range map[string]bool{constant: false, changing: true} {
		files := tree{"go.mod": goMod, "dep/dep.go": text, "m_test.go": playing("example.org/m/dep")}
		cache := t.TempDir()
		b, err := rewrite.Build(t.Context(), rewrite.Options{Dir: files.write(t), Cache: cache})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if out, err := exec.Command(b.Path).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		copies, err := filepath.Glob(filepath.Join(cache, "*", "*_dep.go"))
		if err != nil || len(copies) != 1 {
			t.Fatal(copies, err)
		}
		copied, err := os.ReadFile(copies[0])
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(copied), "OnReset(true"); got != want {
			t.Errorf("initialized again: %v, want %v\n%s", got, want, copied)
		}
	}
}

const setsVariables = `package m

import (
	"fmt"
	"testing"

	"example.org/m/dep"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

type first struct{}

func (first) Pick(*schedrt.Point) int { return 0 }
func (first) Choose(int) int          { return 0 }

var mode = "initial"

func TestM(t *testing.T) {
	mode = "set"
	dep.Config.Size = 2
	dep.Table["set"] = 2
	dep.Hook = func() int { return 2 }
	x := schedrt.New(schedrt.Limits{})
	defer x.Close()
	for i := range 3 {
		var got string
		x.Play(first{}, func() {
			got = fmt.Sprint(mode, dep.Config.Size, dep.Table, dep.Hook(), dep.Count)
			mode, dep.Config.Size, dep.Hook = "", 3, nil
			dep.Table["more"] = 3
			dep.Count++
		})
		if got != "set2 map[initial:1 set:2] 2 0" {
			t.Errorf("execution %d found %s", i, got)
		}
	}
}
`

// A variable that the test sets before the first execution has that value in all executions, and
// loses what an execution sets.
func TestVariablesSetByTheTest(t *testing.T) {
	longtest.Need(t, "TestContent of package schedrt")
	const dep = `package dep

var (
	Config = &struct{ Size int }{1}
	Table  = map[string]int{}
	Hook   = func() int { return 1 }
	Count  int
)

func init() { Table["initial"] = 1 }
`
	dir := tree{"go.mod": goMod, "dep/dep.go": dep, "m_test.go": setsVariables}.write(t)
	b, err := rewrite.Build(t.Context(), rewrite.Options{Dir: dir, Cache: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if out, err := exec.Command(b.Path).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
