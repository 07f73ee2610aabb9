package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/cmd/internal/sampling"
	"github.com/semabench/semabench/internal/machine"
	"github.com/semabench/semabench/reports/gate"
)

// gated runs the verb gate without the summary file of a CI job.
func gated(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	t.Setenv("GITHUB_STEP_SUMMARY", "")
	t.Setenv("GITHUB_ACTIONS", "")
	return command(t, "", append([]string{"gate"}, args...)...)
}

func mustExit(t *testing.T, want int, args []string, words ...string) {
	t.Helper()
	code, stdout, stderr := gated(t, args...)
	if code != want {
		t.Errorf("gate %q exits %d, want %d:\n%s%s", args, code, want, stdout, stderr)
	}
	mustContain(t, strings.Join(args, " "), stdout+stderr, words...)
}

func writeFiles(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// steady returns a benchmark that reports a constant time per operation, on every machine.
func steady(name string, ns string) string {
	return "func " + name + `(b *testing.B) { b.ReportMetric(` + ns + `, "ns/op") }` + "\n"
}

func module(t *testing.T, benchmarks ...string) string {
	t.Helper()
	return writeFiles(t, t.TempDir(), map[string]string{
		"go.mod":    "module scratch\n\ngo 1.26\n",
		"p_test.go": testFile(benchmarks...),
	})
}

func testFile(benchmarks ...string) string {
	return "package p\n\nimport \"testing\"\n\n" + strings.Join(benchmarks, "\n")
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	identity := []string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.org"}
	cmd := exec.Command("git", append(identity, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
}

func repository(t *testing.T, benchmarks ...string) string {
	t.Helper()
	dir := module(t, benchmarks...)
	git(t, dir, "init", "-q")
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "base")
	return dir
}

func TestGateRefusals(t *testing.T) {
	dir := writeFiles(t, t.TempDir(), map[string]string{
		"a.txt": goodText, "empty.txt": "", "prose.txt": "no benchmark\n", "run.jsonl": "{}\n",
		"waivers": "row: *\n\n", "taken/gate.jsonl": "",
	})
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "say what to compare"},
		{[]string{"./..."}, "say what to compare"},
		{[]string{"-head", "HEAD"}, "-head needs -base"},
		{[]string{"-old", dir}, "-old and -new need each other"},
		{[]string{"-old", dir, "-new", dir, "-base", "HEAD"}, "exclude each other"},
		{[]string{"-replay", at("run.jsonl"), "-base", "HEAD"}, "exclude each other"},
		{[]string{"-replay", at("run.jsonl"), "./..."}, "takes no"},
		{[]string{"-replay", at("run.jsonl")}, "run.jsonl:1"},
		{[]string{"-replay", at("none")}, "no such file"},
		{[]string{"-pairs", "9", at("a.txt"), at("a.txt")}, "nothing is measured"},
		{[]string{"-base", "HEAD", "-pairs", "5"}, "fewer than 6"},
		{[]string{"-base", "HEAD", "-bench", "("}, "-bench"},
		{[]string{"-base", "HEAD", "-instructions", "few"}, "neither off nor a percentage"},
		{[]string{"-base", "HEAD", "-instructions", "warn"}, "neither off nor a percentage"},
		{[]string{"-replay", at("run.jsonl"), "-instructions", "off"}, "nothing is measured"},
		{[]string{"-instructions", "5%", at("a.txt"), at("a.txt")}, "a benchmark text has no instructions"},
		{[]string{"-base", "HEAD", "-max-time", "-1s"}, "-max-time"},
		{[]string{"-min-effect", "5", at("a.txt"), at("a.txt")}, "such as 5%"},
		{[]string{"-inconclusive", "maybe", at("a.txt"), at("a.txt")}, `"maybe"`},
		{[]string{"-format", "pdf", at("a.txt"), at("a.txt")}, `unknown format "pdf"`},
		{[]string{"-waivers", at("waivers"), at("a.txt"), at("a.txt")}, "waivers:1"},
		{[]string{"-waivers", at("none"), at("a.txt"), at("a.txt")}, "reading waivers"},
		{[]string{at("a.txt"), at("none.txt")}, "none.txt"},
		{[]string{at("empty.txt"), at("a.txt")}, "empty.txt"},
		{[]string{at("a.txt"), at("prose.txt")}, "prose.txt"},
		{[]string{"-base", "HEAD", "-o", at("taken")}, "exists: name another folder"},
		{[]string{"-base", "HEAD", "-o", at("a.txt/sub")}, "making the folder"},
		{[]string{"-base", "HEAD", "./...", "-bench", "X"}, "-bench stands behind"},
		{[]string{"-base", "HEAD", "--", "-x"}, "-x stands behind"},
		{[]string{"-base", ""}, "-base is empty"},
		{[]string{"-base", "HEAD", "-head", ""}, "-head is empty"},
		{[]string{"-base", "HEAD", ""}, "an argument is empty"},
		{[]string{"-base", "HEAD", "-exact"}, "about two benchmark texts"},
		{[]string{"-join"}, "-join needs the folders"},
		{[]string{"-join", "-base", "HEAD", dir}, "takes no -base"},
		{[]string{"-join", "-pairs", "9", dir}, "nothing is measured"},
		{[]string{"-join", dir}, "gate.jsonl: no such file"},
		{[]string{"-join", at("run.jsonl")}, "-join needs the folder of -o"},
		{[]string{"-base", "HEAD", "-shard", "4/3"}, "is no shard"},
		{[]string{"-base", "HEAD", "-trust-texts"}, "about two benchmark texts"},
	} {
		mustExit(t, gate.ExitUnusable, test.args, test.want)
	}
}

// Two texts of one session are judged like a duel. The verdict on other texts is advice.
func TestGateOfTexts(t *testing.T) {
	text := func(head, ns, allocs string) string {
		return head + "goos: linux\npkg: p\n" +
			strings.Repeat("BenchmarkX-2\t100\t"+ns+" ns/op\t0 B/op\t"+allocs+" allocs/op\n", 10)
	}
	dir := writeFiles(t, t.TempDir(), map[string]string{
		"old.txt": text("", "100", "1"), "same.txt": text("", "100", "1"),
		"slow.txt": text("", "150", "1"), "more.txt": text("", "100", "2"),
		"here.txt": text("cpu: a\n", "100", "1"), "there.txt": text("cpu: b\n", "100", "1"),
		"other.txt": "BenchmarkY 1 1 ns/op\n", "broken.txt": text("", "100", "1") + "BenchmarkX 1 ns/op\n",
	})
	t.Chdir(dir)
	mustExit(t, gate.ExitPass, []string{"old.txt", "same.txt"}, "PASS", "advisory")
	mustExit(t, gate.ExitInconclusive, []string{"old.txt", "slow.txt"}, "REGRESSED (advisory)")
	mustExit(t, gate.ExitRegression, []string{"-trust-texts", "old.txt", "slow.txt"}, "(exit 1)")
	mustExit(t, gate.ExitRegression, []string{"old.txt", "more.txt"}, "allocs/op")
	mustExit(t, gate.ExitInvalid, []string{"here.txt", "there.txt"}, "different machines")
	mustExit(t, gate.ExitUnusable, []string{"old.txt", "other.txt"}, "no row in common")
	mustExit(t, gate.ExitUnusable, []string{"old.txt", "broken.txt"}, "could not be read")
}

// Texts of a build with -race and without allocate differently, so even their counts are not
// compared. The lines about the build are written as "semabench run" writes them.
func TestGateRefusesTextsOfDifferentBuilds(t *testing.T) {
	text := func(build string) string {
		facts := machine.Read()
		facts.Build = build
		var b strings.Builder
		b.WriteString("goos: linux\npkg: p\n")
		if _, err := facts.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		row := "BenchmarkX-2\t100\t100 ns/op\t0 B/op\t1 allocs/op\n"
		return b.String() + strings.Repeat(row, 10)
	}
	t.Chdir(writeFiles(t, t.TempDir(), map[string]string{
		"plain.txt": text("default"), "same.txt": text("default"), "race.txt": text("-race=true"),
	}))
	mustExit(t, gate.ExitPass, []string{"-exact", "plain.txt", "same.txt"}, "1 UNCHANGED")
	mustExit(t, gate.ExitInvalid, []string{"-exact", "plain.txt", "race.txt"}, `build is "default"`)
	mustExit(t, gate.ExitInvalid, []string{"plain.txt", "race.txt"}, `build is "default"`)
}

// pairs returns the pairs of a row that is slower by a factor, without noise.
func pairs(n int, factor float64) (list []gate.Pair) {
	for i := range n {
		off := 1 + 0.001*float64(i%5)
		list = append(list, gate.Pair{Old: 100, New: 100 * factor * off,
			OldLayout: uint64(2*i + 1), NewLayout: uint64(2*i + 2)})
	}
	return list
}

func recorded(t *testing.T, change func(*gate.Run)) string {
	t.Helper()
	timed := func(factor float64) gate.Row {
		return gate.Row{Package: "p", Name: "BenchmarkX", Mode: gate.Sliced, Pairs: pairs(24, factor)}
	}
	run := &gate.Run{
		Planned: 1, Rows: []gate.Row{timed(1)},
		Controls: []gate.Control{{Row: timed(1)}, {Row: timed(1.1), Planted: 0.1}},
	}
	if change != nil {
		change(run)
	}
	path := filepath.Join(t.TempDir(), "run.jsonl")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := gate.Write(f, run); err != nil {
		t.Fatal(err)
	}
	return path
}

func slower(run *gate.Run) { run.Rows[0].Pairs, run.Rows[0].Second = pairs(24, 1.2), pairs(48, 1.2) }

func TestGateOfRecordedRuns(t *testing.T) {
	waivers := filepath.Join(writeFiles(t, t.TempDir(), map[string]string{"w": `row: p.BenchmarkX
metric: ns/op
ceiling: x1.3
reason: r
issue: i
expires: 2999-01-01
`}), "w")
	for _, test := range []struct {
		name   string
		change func(*gate.Run)
		args   []string
		want   int
		words  string
	}{
		{"pass", nil, nil, gate.ExitPass, "PASS"},
		{"regression", slower, nil, gate.ExitRegression, "REGRESSED p.BenchmarkX"},
		{"less than it was asked for", slower, []string{"-min-effect", "30%"}, gate.ExitPass, "PASS"},
		{"waived", slower, []string{"-waivers", waivers}, gate.ExitPass, "WAIVED"},
		{"missing", func(r *gate.Run) { r.OnlyOld = []string{"p.BenchmarkGone"} }, nil, gate.ExitUnusable, "MISSING"},
		{"missing allowed", func(r *gate.Run) { r.OnlyOld = []string{"p.BenchmarkGone"} },
			[]string{"-allow-missing"}, gate.ExitPass, "BenchmarkGone"},
		{"nothing", func(r *gate.Run) { r.Rows, r.Planned = nil, 0 }, nil, gate.ExitUnusable, "nothing to judge"},
		{"inconclusive", func(r *gate.Run) { r.Rows[0].Pairs = pairs(5, 1) }, nil, gate.ExitInconclusive, "too few"},
		{"inconclusive let pass", func(r *gate.Run) { r.Rows[0].Pairs = pairs(5, 1) },
			[]string{"-inconclusive", "warn"}, gate.ExitPass, "let pass"},
		{"stopped", func(r *gate.Run) { r.Stopped = "interrupted" }, nil, gate.ExitInconclusive, "stopped early"},
		{"no controls", func(r *gate.Run) { r.Controls = nil }, nil, gate.ExitInvalid, "control missing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := append([]string{"-replay", recorded(t, test.change)}, test.args...)
			mustExit(t, test.want, args, test.words)
		})
	}
}

func TestGateOutputs(t *testing.T) {
	dir := t.TempDir()
	out, summary := filepath.Join(dir, "out"), filepath.Join(dir, "summary.md")
	writeFiles(t, dir, map[string]string{"summary.md": "other steps\n"})
	run := recorded(t, slower)
	mustExit(t, gate.ExitRegression, []string{"-o", out, "-summary", summary, "-format", "json",
		"-replay", run},
		`"exit": 1`)
	for _, f := range gateFormats {
		mustContain(t, f.file, read(t, filepath.Join(out, f.file)), "BenchmarkX")
	}
	mustContain(t, "the summary", read(t, summary), "other steps\n### ")
	mustExit(t, gate.ExitRegression, []string{"-summary", dir, "-replay", run}, "writing the report")

	if _, _, stderr := gated(t, "-replay", run); strings.Contains(stderr, "::error") {
		t.Errorf("annotations outside of GitHub: %s", stderr)
	}
	t.Setenv("GITHUB_ACTIONS", "true")
	t.Setenv("GITHUB_STEP_SUMMARY", filepath.Join(dir, "step.md"))
	var stdout, stderr bytes.Buffer
	a := app{table: testTable(), maker: sampling.Self, stdout: &stdout, stderr: &stderr}
	code := a.main(context.Background(), []string{"gate", "-replay", run})
	if code != gate.ExitRegression {
		t.Errorf("exits %d: %s", code, stderr.String())
	}
	mustContain(t, "the annotations", stderr.String(), "::error title=REGRESSED ")
	mustContain(t, "the step's summary", read(t, filepath.Join(dir, "step.md")), "### ❌")
}
