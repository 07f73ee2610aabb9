package gate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/machine"
	"github.com/semabench/semabench/reports"
)

// textOf returns n lines of a benchmark with times about ns, each followed by
// rest.
func textOf(name string, n int, ns float64, rest string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s-2 1000 %.3f ns/op %s\n", name, ns*(1+0.002*float64(i*7%n)), rest)
	}
	return b.String()
}

func read(t *testing.T, name, text string) *reports.Log {
	t.Helper()
	log, err := reports.Read(reports.Input{Name: name, Text: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func fromTexts(t *testing.T, old, new string, o Options) *Report {
	t.Helper()
	r, err := FromTexts(read(t, "old.txt", old), read(t, "new.txt", new), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTexts(t *testing.T) {
	head := "goos: linux\npkg: example.com/p\ncpu: c\n"
	exact := "Unit allocs/op assume=exact\n"
	base := textOf("BenchmarkX", 10, 100, "16 B/op 1 allocs/op")
	for _, test := range []struct {
		name     string
		old, new string
		options  Options
		verdict  Verdict
		why      string
		exit     int
	}{
		{"same", head + base, head + base, Options{}, Unchanged, "all within", 0},
		{"slower", head + base, head + textOf("BenchmarkX", 10, 110, "16 B/op 1 allocs/op"), Options{}, Regressed, "10 % slower", 3},
		{"slower and trusted", head + base, head + textOf("BenchmarkX", 10, 110, "16 B/op 1 allocs/op"), Options{TrustTexts: true}, Regressed, "10 % slower", 1},
		{"faster", head + base, head + textOf("BenchmarkX", 10, 80, "16 B/op 1 allocs/op"), Options{}, Improved, "20 % faster", 0},
		{"too few", head + textOf("BenchmarkX", 3, 100, ""), head + textOf("BenchmarkX", 3, 150, ""), Options{}, Inconclusive, "0.005 is needed; measure each side 5 times or more", 3},
		{"one more allocation", head + base, head + textOf("BenchmarkX", 10, 100, "16 B/op 2 allocs/op"), Options{}, Regressed, "+1 allocation an operation (1 to 2)", 1},
		{"another commit", "commit: a\n" + head + base, "commit: b\n" + head + base, Options{}, Unchanged, "", 0},
		{"another processor", head + base, strings.Replace(head, "cpu: c", "cpu: d", 1) + base, Options{}, Unchanged, "", 4},
		{"vanished row", head + base + textOf("BenchmarkA", 10, 1, ""), head + base, Options{}, Missing, "only on the old", 2},
		{"vanished row allowed", head + base + textOf("BenchmarkA", 10, 1, ""), head + base, Options{AllowMissing: true}, Missing, "only on the old", 0},
		{"new row", head + base, head + base + textOf("BenchmarkA", 10, 1, ""), Options{}, Added, "only on the new", 0},
		{"no row in common", head + base, head + textOf("BenchmarkY", 10, 1, ""), Options{AllowMissing: true}, Missing, "only on the old", 2},
		{"exact that contradicts itself", exact + head + base + textOf("BenchmarkX", 1, 100, "16 B/op 2 allocs/op"), exact + head + base, Options{}, Unmeasured, "said to be exact", 2},
		{"one value that is exact", exact + head + textOf("BenchmarkX", 1, 100, "1 allocs/op"), exact + head + textOf("BenchmarkX", 1, 100, "2 allocs/op"), Options{}, Regressed, "+1 allocation an operation (1 to 2)", 1},
		{"one value that is not", head + textOf("BenchmarkX", 1, 100, "1 allocs/op"), head + textOf("BenchmarkX", 1, 100, "2 allocs/op"), Options{}, Inconclusive, "", 3},
		{"failed program", head + base, head + base + "--- FAIL: TestX\nFAIL\n", Options{}, Unchanged, "", 2},
	} {
		r := fromTexts(t, test.old, test.new, test.options)
		if j := r.Rows[0]; j.Verdict != test.verdict || !strings.Contains(j.Why, test.why) || r.Exit() != test.exit {
			t.Errorf("%s: %s because %q, exit %d, want %s, %q, %d; %q %q", test.name, j.Verdict, j.Why, r.Exit(),
				test.verdict, test.why, test.exit, r.Errors, r.Invalid)
		}
		if test.name == "no row in common" && strings.Contains(r.Errors[0], "-cpu") {
			t.Errorf("%s: %q", test.name, r.Errors)
		}
		if r.Advisory == "" {
			t.Errorf("%s: not called advisory", test.name)
		}
	}
}

// apart returns a text as a loop appends it, with a process for each value.
func apart(head string, n int, ns float64) string {
	values := strings.SplitAfter(strings.TrimSuffix(textOf("BenchmarkX", n, ns, "16 B/op 1 allocs/op"), "\n"), "\n")
	var b strings.Builder
	b.WriteString(head)
	for _, value := range values {
		b.WriteString("goos: linux\npkg: example.com/p\n" + strings.TrimSpace(value) + "\nPASS\nok  \texample.com/p\t1.2s\n")
	}
	return b.String()
}

// The claims of the texts and their form decide together.
func TestWhichTextsAreAdvice(t *testing.T) {
	const said = "session: 1\norder: interleaved\nlayout: random\n"
	count := "goos: linux\npkg: example.com/p\n" + textOf("BenchmarkX", 10, 100, "") + textOf("BenchmarkZ", 10, 100, "")
	for _, test := range []struct {
		name     string
		old, new string
		why      string // "": no advice
	}{
		{"a loop that says all", apart(said, 10, 100), apart(said, 10, 120), ""},
		{"a loop that says nothing", apart("", 10, 100), apart("", 10, 120), "nothing in the texts says"},
		{"of one binary", apart("session: 1\norder: interleaved\n", 10, 100), apart("session: 1\norder: interleaved\n", 10, 120), "one binary"},
		{"of one binary on one side", apart(said, 10, 100), apart("session: 1\norder: interleaved\n", 10, 120), "one binary"},
		{"of two sessions", apart(said, 10, 100), apart(strings.Replace(said, "1", "2", 1), 10, 120), "one after the other"},
		{"of no session, as semabench run", apart("order: interleaved\nlayout: random\n", 10, 100), apart("order: interleaved\nlayout: random\n", 10, 120), "one after the other"},
		{"only one says it", apart(said, 10, 100), apart("session: 1\n", 10, 120), "nothing in the texts says"},
		{"go test -count", count, count, "of one process"},
		{"go test -count, whatever is said", said + count, said + count, "of one process"},
		{"go test -count on one side", apart(said, 10, 100), said + count, "of one process"},
	} {
		r := fromTexts(t, test.old, test.new, Options{AllowMissing: true})
		if (r.Advisory == "") != (test.why == "") || !strings.Contains(r.Advisory, test.why) {
			t.Errorf("%s: advisory %q, want %q", test.name, r.Advisory, test.why)
		}
	}
	r := fromTexts(t, apart(said, 10, 100), apart(said, 10, 120), Options{})
	if r.Exit() != ExitRegression || !strings.Contains(r.promise(), "U test") {
		t.Errorf("a slowdown between texts that were measured together: exit %d, want %d; promises %s", r.Exit(), ExitRegression, r.promise())
	}
}

// On another processor a baseline serves for counts and for nothing else.
func TestExactOnly(t *testing.T) {
	head := "goos: linux\ngoarch: amd64\npkg: example.com/p\ncpu: "
	text := func(cpu string, ns float64, allocs string) string {
		return head + cpu + "\n" + textOf("BenchmarkX", 3, ns, "16 B/op "+allocs+" allocs/op")
	}
	for _, test := range []struct {
		name     string
		old, new string
		verdict  Verdict
		exit     int
	}{
		{"slower elsewhere", text("a", 100, "1"), text("b", 900, "1"), Unchanged, ExitPass},
		{"one allocation more", text("a", 100, "1"), text("b", 100, "2"), Regressed, ExitRegression},
		{"one less", text("a", 100, "1"), text("b", 100, "0"), Improved, ExitPass},
		{"nothing counted", head + "a\n" + textOf("BenchmarkX", 3, 1, ""), head + "a\n" + textOf("BenchmarkX", 3, 1, ""), Unmeasured, ExitUnusable},
		{"another architecture", text("a", 100, "1"), strings.Replace(text("a", 100, "1"), "amd64", "arm64", 1), Unchanged, ExitInvalid},
	} {
		r := fromTexts(t, test.old, test.new, Options{ExactOnly: true})
		if j := r.Rows[0]; j.Verdict != test.verdict || r.Exit() != test.exit || j.Time != nil || r.Advisory != "" {
			t.Errorf("%s: %s because %q, exit %d, advisory %q; want %s, %d", test.name, j.Verdict, j.Why, r.Exit(), r.Advisory, test.verdict, test.exit)
		}
	}
}

func TestTextsOfSeveralPackages(t *testing.T) {
	text := func(ns float64) string {
		return "pkg: a\n" + textOf("BenchmarkX", 10, 100, "") + "pkg: b\n" + textOf("BenchmarkX", 10, ns, "")
	}
	r := fromTexts(t, text(100), text(150), Options{})
	if len(r.Rows) != 2 || r.Rows[0].ID != "b.BenchmarkX-2" || r.Rows[0].Verdict != Regressed || r.Family != 2 {
		t.Errorf("%d rows, first %+v, family %d", len(r.Rows), r.Rows[0], r.Family)
	}
}

func TestTextsThatCannotBeCompared(t *testing.T) {
	log := read(t, "a.txt", textOf("BenchmarkX", 10, 100, ""))
	for name, logs := range map[string][2]*reports.Log{"none": {nil, log}, "the same": {log, log}, "empty": {log, {}}} {
		if _, err := FromTexts(logs[0], logs[1], Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// machineText is a text with the configuration lines that this suite writes about
// a machine and a build.
func machineText(t *testing.T, facts machine.Facts) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("goos: linux\ngoarch: " + facts.GOARCH + "\npkg: example.com/p\n")
	if _, err := facts.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.String() + textOf("BenchmarkX", 10, 100, "16 B/op 1 allocs/op")
}

// Every key that this suite writes about the machine is compared for times. For
// counts only keys of the code and its runtime are compared, because a baseline
// may be from another machine.
func TestKeysOfThisSuiteAreCompared(t *testing.T) {
	here := machine.Facts{GOOS: "linux", GOARCH: "amd64", CPU: "c", CPUs: 8, Kernel: "6.1",
		Governor: "performance", Virtualised: "no", CPUQuota: "none", ASLR: "full", Go: "go1.26",
		Level: "v1", Build: "default", Runtime: "default", GOMAXPROCS: 8, Commit: "a"}
	base := machineText(t, here)
	for _, test := range []struct {
		name          string
		change        func(*machine.Facts)
		times, counts int // exit codes
	}{
		{"nothing", func(*machine.Facts) {}, ExitPass, ExitPass},
		{"commit", func(f *machine.Facts) { f.Commit = "b" }, ExitPass, ExitPass},
		{"cpu", func(f *machine.Facts) { f.CPU = "d" }, ExitInvalid, ExitPass},
		{"cpus", func(f *machine.Facts) { f.CPUs = 4 }, ExitInvalid, ExitPass},
		{"cpu-quota", func(f *machine.Facts) { f.CPUQuota = "2" }, ExitInvalid, ExitPass},
		{"governor", func(f *machine.Facts) { f.Governor = "powersave" }, ExitInvalid, ExitPass},
		{"virtualised", func(f *machine.Facts) { f.Virtualised = "yes" }, ExitInvalid, ExitPass},
		{"kernel", func(f *machine.Facts) { f.Kernel = "6.2" }, ExitInvalid, ExitPass},
		{"aslr", func(f *machine.Facts) { f.ASLR = "off" }, ExitInvalid, ExitPass},
		{"gomaxprocs", func(f *machine.Facts) { f.GOMAXPROCS = 4 }, ExitInvalid, ExitPass},
		{"goarch", func(f *machine.Facts) { f.GOARCH = "arm64" }, ExitInvalid, ExitInvalid},
		{"go", func(f *machine.Facts) { f.Go = "go1.27" }, ExitInvalid, ExitInvalid},
		{"goamd64", func(f *machine.Facts) { f.Level = "v3" }, ExitInvalid, ExitInvalid},
		{"build", func(f *machine.Facts) { f.Build = "-race=true" }, ExitInvalid, ExitInvalid},
		{"go-runtime", func(f *machine.Facts) { f.Runtime = "GOGC=off" }, ExitInvalid, ExitInvalid},
	} {
		changed := here
		test.change(&changed)
		new := machineText(t, changed)
		if got := fromTexts(t, base, new, Options{}).Exit(); got != test.times {
			t.Errorf("%s differs: exit %d for times, want %d", test.name, got, test.times)
		}
		if got := fromTexts(t, base, new, Options{ExactOnly: true}).Exit(); got != test.counts {
			t.Errorf("%s differs: exit %d for counts, want %d", test.name, got, test.counts)
		}
	}
}

// Other tools write other keys for the same facts.
func TestKeysOfOtherToolsAreCompared(t *testing.T) {
	const head = "goos: linux\npkg: example.com/p\n"
	rows := textOf("BenchmarkX", 10, 100, "16 B/op 1 allocs/op")
	for key, counts := range map[string]int{
		"cores": ExitPass, "quota": ExitPass, "goflags": ExitInvalid, "goexperiment": ExitInvalid,
	} {
		old, new := head+key+": a\n"+rows, head+key+": b\n"+rows
		if got := fromTexts(t, old, new, Options{}).Exit(); got != ExitInvalid {
			t.Errorf("%s differs: exit %d for times, want %d", key, got, ExitInvalid)
		}
		if got := fromTexts(t, old, new, Options{ExactOnly: true}).Exit(); got != counts {
			t.Errorf("%s differs: exit %d for counts, want %d", key, got, counts)
		}
	}
}

// For names that differ only by the number of cores, the error names the flag -cpu.
func TestTextsOfOtherCores(t *testing.T) {
	head := "goos: linux\npkg: p\ncpu: c\n"
	two := textOf("BenchmarkX/a-b", 10, 1, "")
	r := fromTexts(t, head+two, head+strings.ReplaceAll(two, "-2 ", "-8 "), Options{})
	if r.Exit() != ExitUnusable || !strings.Contains(r.Errors[0], "with the same -cpu") {
		t.Errorf("exit %d, %q", r.Exit(), r.Errors)
	}
}
