package mutate_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/internal/mutate"
)

// Every operator makes these changes in these bodies, and no others. A change is the lines that it
// removes and adds, on one line.
var operators = []struct {
	name, imports, body string
	want                []string
}{
	{"lock-scope", "sync", `
		var mu sync.Mutex
		mu.Lock()
		x := 1
		shared += x
		shared += 2
		mu.Unlock()`, []string{
		"-mu.Lock()  x := 1  shared += x +mu.Lock()",
		"-shared += 2  mu.Unlock() +shared += 2",
	}},
	{"lock", "sync", `
		var mu, other sync.Mutex
		mu.Lock()
		defer mu.Unlock()
		other.Lock()
		shared++
		other.Unlock()`, []string{
		"-var mu, other sync.Mutex -mu.Lock() -defer mu.Unlock() +var mu, other sync.Mutex; _ = mu",
		"-var mu, other sync.Mutex +var mu, other sync.Mutex; _ = other  mu.Lock()  defer mu.Unlock() -other.Lock()  shared++ -other.Unlock()",
	}},
	{"wait-loop", "", `
		for shared > 0 {
			work()
		}
		for range 3 {
			work()
		}`, []string{"-for shared > 0 { +if shared > 0 {", "+break"}},
	{"sibling", "sync container/list", `
		var mu sync.RWMutex
		c := sync.NewCond(&mu)
		mu.Lock()
		c.Signal()
		mu.Unlock()
		l := list.New()
		l.PushBack(max(shared, 1))`, []string{
		"-c.Signal() +c.Broadcast()",
		"-l.PushBack(max(shared, 1)) +l.PushFront(max(shared, 1))",
		"-mu.Lock() +mu.RLock()  c.Signal() -mu.Unlock() +mu.RUnlock()",
		"-l.PushBack(max(shared, 1)) +l.PushBack(min(shared, 1))",
	}},
	{"plain", "sync/atomic", `
		var n atomic.Int64
		var p atomic.Pointer[int]
		n.Add(1)
		p.Load()`, []string{
		"-var n atomic.Int64 +var n mutatedInt64",
		"-var p atomic.Pointer[int] +var p mutatedPointer[int]",
	}},
	{"torn", "sync/atomic", `
		var n atomic.Uint32
		n.Add(2)
		n.CompareAndSwap(1, 2)
		n.Swap(3)`, []string{
		"-n.Add(2) +func() uint32 { v := n.Load() + (2); n.Store(v); return v }()",
		"-n.CompareAndSwap(1, 2) +func() bool { n.Store(2); return true }()",
		"-n.CompareAndSwap(1, 2) +func() bool { if n.Load() != 1 { return false }; n.Store(2); return true }()",
		"-n.Swap(3) +func() uint32 { v := n.Load(); n.Store(3); return v }()",
	}},
	{"select", "", `
		c := make(chan int)
		select {
		case <-c:
			work()
		default:
		}`, []string{
		"-c := make(chan int) +c := make(chan int); _ = c  select { -case <-c: -work()", "-default:",
	}},
	{"defer", "", `
		defer work()`, []string{"-defer work()", "-defer work() +work()"}},
	{"go", "", `
		go work()`, []string{"-go work() +work()"}},
	{"negate", "", `
		if shared > 1 {
			work()
		}`, []string{"-if shared > 1 { +if !(shared > 1) {"}},
	{"ignore", "", `
		if stop() {
			work()
		}
		for stop() {
			work()
		}`, []string{
		"-if stop() { +if (stop()) && false {", "-if stop() { +if (stop()) || true {",
		"-for stop() { +for (stop()) && false {",
	}},
	{"part", "", `
		if shared == 1 && stop() {
			work()
		}`, []string{
		"-if shared == 1 && stop() { +if shared == 1 {",
		"-if shared == 1 && stop() { +if stop() {",
		"-if shared == 1 && stop() { +if shared == 1 || stop() {",
	}},
	{"boundary", "", `
		_, _ = shared < 1, shared >= 2`, []string{
		"-_, _ = shared < 1, shared >= 2 +_, _ = shared <= 1, shared >= 2",
		"-_, _ = shared < 1, shared >= 2 +_, _ = shared < 1, shared > 2",
	}},
	{"off-by-one", "", `
		_ = shared < len(words)
		_ = shared == len(words)
		_ = words == nil`, []string{
		"-_ = shared < len(words) +_ = shared < (len(words)-1)",
		"-_ = shared == len(words) +_ = shared == (len(words)-1)",
		"-_ = shared == len(words) +_ = shared == (len(words)+1)",
	}},
	{"arithmetic", "", `
		shared++
		shared -= 2
		word += "s"
		_ = shared - 3`, []string{
		"-shared++ +shared--", "-shared -= 2 +shared += 2", "-_ = shared - 3 +_ = shared + 3",
	}},
	{"constant", "math", `
		shared = 7
		_ = shared < math.MaxInt32`, []string{
		"-shared = 7 +shared = (7*2)", "-shared = 7 +shared = (7/2)",
		"-shared = 7 +shared = (7+1)", "-shared = 7 +shared = (7-1)",
		"-_ = shared < math.MaxInt32 +_ = shared < (math.MaxInt32*2)",
		"-_ = shared < math.MaxInt32 +_ = shared < (math.MaxInt32/2)",
		"-_ = shared < math.MaxInt32 +_ = shared < (math.MaxInt32+1)",
	}},
	{"width", "", `
		shared += len(words)`, []string{
		"-shared += len(words) +shared = int(int32(shared+(len(words))))",
		"-shared += len(words) +shared = int(int16(shared+(len(words))))",
		"-shared += len(words) +shared = int(int8(shared+(len(words))))",
	}},
	{"return", "context", `
		ctx := context.Background()
		_ = ctx
		_ = func() (bool, error) {
			if stop() {
				return true, nil
			}
			return false, ctx.Err()
		}`, []string{
		"-return true, nil +return false, nil",
		"-return true, nil +return true, mutatedError{}",
		"-return false, ctx.Err() +return true, ctx.Err()",
		"-return false, ctx.Err() +return false, error(nil)",
		"-return false, ctx.Err() +return false, error(mutatedError{})",
		"-return false, ctx.Err() +return false, context.Canceled",
		"-return false, ctx.Err() +return false, context.Cause(ctx)",
	}},
	{"drop", "", `
		stopped := stop()
		shared = 2
		if stopped {
			work()
		} else {
			shared = 3
		}`, []string{
		"-shared = 2",
		"-stopped := stop() +stopped := stop(); _ = stopped  shared = 2 " +
			"-if stopped { -work() -} else { -shared = 3 -}",
		"-work()",
		"-shared = 3",
		"-} else { -shared = 3",
	}},
	{"left-behind", "", `
		shared = 0
		words = nil
		shared = 1`, []string{"-shared = 0", "-words = nil"}},
	{"swap", "", `
		work()
		shared = 1
		local := 1
		local++
		shared = 2`, []string{
		"-work()  shared = 1 +work()",
	}},
}

const frame = `package p

%s
var (
	shared int
	words  []string
	word   string
)

func work()      {}
func stop() bool { return shared > 7 }

func body() {%s
}
`

// standard imports packages of the standard library. It asks the go command once for each package.
var standard = mutate.Standard()

// mutants returns the mutants of a body, without the mutants of the frame around it.
func mutants(t *testing.T, imports, body string) (all []mutate.Mutant) {
	t.Helper()
	header := ""
	for _, path := range strings.Fields(imports) {
		header += fmt.Sprintf("import %q\n", path)
	}
	made, err := mutate.Package(mutate.Source{
		Files: map[string]string{"p.go": fmt.Sprintf(frame, header, body)}, Importer: standard,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range made {
		if m.Func == "body" {
			all = append(all, m)
		}
	}
	return all
}

func oneLine(m mutate.Mutant) string {
	return strings.Join(strings.Split(strings.TrimSpace(m.Diff()), "\n"), " ")
}

func TestOperators(t *testing.T) {
	tested := map[string]bool{}
	for _, test := range operators {
		tested[test.name] = true
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, m := range mutants(t, test.imports, test.body) {
				if m.Operator == test.name {
					got = append(got, oneLine(m))
				}
			}
			slices.Sort(got)
			want := slices.Sorted(slices.Values(test.want))
			if !slices.Equal(got, want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
			}
		})
	}
	for _, name := range slices.Sorted(maps.Keys(mutate.Operators())) {
		if !tested[name] {
			t.Errorf("operator %s has no test", name)
		}
	}
}

// No two mutants are the same text, none is the original in another layout, and each has a name of
// its own and one of the operators.
func TestMutantsDiffer(t *testing.T) {
	body := ""
	for _, test := range operators {
		if test.imports == "" {
			body += "\n{" + test.body + "\n}"
		}
	}
	texts, ids, names := map[string]bool{}, map[string]bool{}, mutate.Operators()
	all := mutants(t, "", body)
	for _, m := range all {
		if m.Diff() == "" {
			t.Errorf("%s %s changes nothing", m.Where(), m.Operator)
		}
		if texts[m.Text] || ids[m.ID] {
			t.Errorf("%s %s comes twice:\n%s", m.Where(), m.Operator, m.Diff())
		}
		if names[m.Operator] == "" {
			t.Errorf("%s is none of the operators", m.Operator)
		}
		texts[m.Text], ids[m.ID] = true, true
	}
	if len(all) < 60 {
		t.Errorf("%d mutants, want at least 60", len(all))
	}
}

// A line that is added above a change leaves the name of the mutant as it was, and so does a comment
// inside a statement that the mutant removes or moves.
func TestNamesStay(t *testing.T) {
	name := func(body string) (names []string) {
		for _, m := range mutants(t, "", body) {
			if strings.Contains(m.Diff(), "shared++") {
				names = append(names, m.Operator+m.ID)
			}
		}
		return names
	}
	before, after := name("\n\tshared++"), name("\n\t// A comment.\n\tshared++")
	if len(before) == 0 || !slices.Equal(before, after) {
		t.Errorf("names %v, and %v with a comment above", before, after)
	}
	before = name("\n\tfor stop() {\n\t\tshared++\n\t}")
	after = name("\n\tfor stop() {\n\t\t// A comment.\n\t\tshared++\n\t}")
	if !slices.ContainsFunc(before, func(n string) bool { return strings.HasPrefix(n, "drop") }) ||
		!slices.Equal(before, after) {
		t.Errorf("names %v, and %v with a comment inside", before, after)
	}
}

// A source that does not compile is told, and is no package without mutants.
func TestBadSource(t *testing.T) {
	for text, want := range map[string]string{
		"package p\nfunc f() { x }":              "undefined: x",
		"package p\nfunc {":                      "expected",
		"package p\nimport \"no/such\"":          "no/such",
		"package p\nfunc f() int { return \"\"}": "cannot use",
	} {
		_, err := mutate.Package(mutate.Source{Files: map[string]string{"p.go": text}, Importer: standard})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
	_, err := mutate.Package(mutate.Source{Files: map[string]string{"p.go": "package p"}, Only: []string{"q.go"}})
	if err == nil || !strings.Contains(err.Error(), "q.go") {
		t.Errorf("a file that is not there: %v", err)
	}
}

// The other files of a package belong to it, also if they are not changed.
func TestOnly(t *testing.T) {
	all, err := mutate.Package(mutate.Source{
		Files: map[string]string{
			"a.go": "package p\nfunc a() int { return b + 1 }",
			"b.go": "package p\nvar b = 2",
		},
		Only: []string{"a.go"}, Importer: standard,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if m.File != "a.go" || m.Line != 2 || m.Func != "a" || m.Where() != "a.go:2" {
			t.Errorf("%s in %s, want a.go:2 in a", m.Where(), m.Func)
		}
	}
	if len(all) == 0 {
		t.Error("no mutants")
	}
}
