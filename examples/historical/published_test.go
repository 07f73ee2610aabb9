package historical

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore"
)

var (
	writeFlag = flag.Bool("write", false, "write the table of TestPublished to PUBLISHED.md")
	onlyFlag  = flag.String("only", "", "explore the bugs of TestPublished whose test matches this expression")
)

// A bug was published and repaired. Its program is the function Test of testdata/published.
type bug struct {
	test   string // the name of the function, without Test
	file   string // the file that has it, without _test.go
	name   string // the issue or the commit
	module string
	broken string // the last version before the repair that the module proxy has
	fixed  string // a version with the repair
	what   string // a part of the finding
	race   bool   // only the race detector sees the bug

	// remains is a part of the finding in fixed, whose repair is incomplete.
	remains string

	// why argues that the finding in fixed is a fault of that version, with its positions.
	why string

	// alone names a module whose initialization would be a part of every program beside it: a
	// goroutine with a ticker, or thousands of steps.
	alone string

	// replacement is imported instead of the module where fixed says so: no version has a repair.
	replacement string
}

const (
	pond1   = "github.com/alitto/pond"
	pond2   = "github.com/alitto/pond/v2"
	ants    = "github.com/panjf2000/ants/v2"
	puddle1 = "github.com/jackc/puddle"
	puddle2 = "github.com/jackc/puddle/v2"
	group   = "github.com/neilotoole/errgroup"
)

var bugs = []bug{
	{test: "Pond33", file: "pondv1", name: "alitto/pond#33", module: pond1,
		broken: "v1.8.0", fixed: "v1.9.2", what: "deadlock", remains: "deadlock",
		why: "Submit decides under the lock that the idle worker is enough (pond.go:478), and queues the task after the " +
			"unlock (pond.go:277). Between the two, the purger decides under the same lock that this worker ends " +
			"(pond.go:511), and queues the nil task that tells it so (pond.go:410). The worker ends, and the task stays " +
			"in the queue."},
	{test: "Pond61", file: "pondv1", name: "alitto/pond#61", module: pond1,
		broken: "v1.8.3", fixed: "v1.9.2", what: "deadlock"},
	{test: "Pond108", file: "pondv2", name: "alitto/pond#108", module: pond2,
		broken: "v2.3.1", fixed: "v2.3.2", what: "deadlock"},
	{test: "Pond115", file: "pondv2", name: "alitto/pond#115", module: pond2,
		broken: "v2.3.3", fixed: "v2.3.4", what: "deadlock"},
	{test: "Pond138", file: "pondv2", name: "alitto/pond#138", module: pond2,
		broken: "v2.6.2", fixed: "v2.7.0", what: "deadlock"},
	{test: "Ants141", file: "ants", name: "panjf2000/ants#141", module: ants, alone: ants,
		broken: "v2.4.3", fixed: "v2.4.4", what: "deadlock"},
	{test: "Ants146", file: "ants", name: "panjf2000/ants#146", module: ants, alone: ants,
		broken: "v2.4.3", fixed: "v2.4.4", what: "three tasks without a pause took",
		remains: "three tasks without a pause took",
		why: "A worker that ends lowers the count of workers and calls Signal (worker.go:50 and 63) without the lock. " +
			"Submit has found the pool full, and has not called cond.Wait yet (pool.go:244): the signal wakes no " +
			"goroutine, and Submit waits until the next purge. v2.12.1 does the same."},
	{test: "Ants202", file: "ants", name: "panjf2000/ants#202", module: ants, alone: ants,
		broken: "v2.4.7", fixed: "v2.4.8", what: "lost wake-up", remains: "deadlock",
		why: "Release wakes both calls of Submit (pool.go:210). They find the worker still running and wait again " +
			"(pool.go:260). The worker that ends signals once (worker.go:63): the call that wakes returns, as the pool is " +
			"closed, and wakes no other one. The purger has ended (pool.go:94)."},
	{test: "Ants205", file: "ants", name: "panjf2000/ants#205", module: ants, alone: ants,
		broken: "v2.4.7", fixed: "v2.4.8", what: "deadlock", remains: "lost wake-up",
		why: "Tune calls Signal without the lock (pool.go:190). Submit has compared the capacity with the number of " +
			"workers (pool.go:244), and is on its way to cond.Wait (pool.go:260). The worker that runs waits for the " +
			"test, so no other call wakes Submit."},
	{test: "Ants374", file: "ants", name: "panjf2000/ants#374", module: ants, alone: ants,
		broken: "v2.11.3", fixed: "v2.11.4", what: "workers run in a pool of 1"},
	{test: "Puddle8", file: "puddlev1", name: "jackc/puddle#8", module: puddle1,
		broken: "v1.1.3", fixed: "v1.1.4", what: "deadlock"},
	{test: "Puddle513cb84", file: "puddlev1", name: "jackc/puddle 513cb84", module: puddle1,
		broken: "v1.1.2", fixed: "v1.1.3", what: "deadlock"},
	{test: "Puddled344a18", file: "puddlev2", name: "jackc/puddle d344a18", module: puddle2,
		broken: "v2.0.0", fixed: "v2.0.1", what: "resource lives after Close"},
	{test: "Puddle8101c0d", file: "puddlev2", name: "jackc/puddle 8101c0d", module: puddle2,
		broken: "v2.2.0", fixed: "v2.2.1", what: "resources in a pool of 1"},
	{test: "Errgroup6", file: "errgroupwait", name: "neilotoole/errgroup#6", module: group,
		broken: "v0.1.6", fixed: "v0.24.0", what: "deadlock",
		replacement: "golang.org/x/sync/errgroup"},
	{test: "Errgroup10", file: "errgroup", name: "neilotoole/errgroup#10", module: group,
		broken: "v0.1.5", fixed: "v0.1.6", what: "deadlock"},
	{test: "CommonsPool57", file: "commonspool", name: "jolestar/go-commons-pool#57",
		module: "github.com/jolestar/go-commons-pool/v2",
		broken: "v2.1.1", fixed: "v2.1.2", what: "deadlock"},
	{test: "Fasthttp2245", file: "fasthttp", name: "valyala/fasthttp#2245",
		module: "github.com/valyala/fasthttp",
		broken: "v1.71.0", fixed: "v1.72.0", what: "deadlock"},
	{test: "ConcurrentQueue", file: "concurrentqueue", name: "enriquebris/goconcurrentqueue",
		module: "github.com/enriquebris/goconcurrentqueue",
		broken: "v0.6.3", fixed: "v0.7.0", what: "deadlock"},
	{test: "Batcher", file: "batcher", name: "Workiva/go-datastructures batcher",
		module: "github.com/Workiva/go-datastructures",
		broken: "v1.0.0", fixed: "v1.0.53", what: "deadlock"},
	{test: "EventBus", file: "eventbus", name: "asaskevich/EventBus d46933a",
		module: "github.com/asaskevich/EventBus",
		broken: "v0.0.0-20180315140547-d46933a94f05",
		fixed:  "v0.0.0-20200907212545-49d423059eef", what: "deadlock"},
	{test: "Clockwork", file: "clockwork", name: "jonboulle/clockwork#35",
		module: "github.com/jonboulle/clockwork",
		broken: "v0.2.2", fixed: "v0.3.0", what: "deadlock"},
	{test: "Goccm", file: "goccm", name: "zenthangplus/goccm",
		module: "github.com/zenthangplus/goccm",
		broken: "v1.1.2", fixed: "v1.1.3", what: "data race", race: true},
	{test: "Groupcache", file: "groupcache", name: "golang/groupcache 604ed57",
		module: "github.com/golang/groupcache", alone: "groupcache",
		broken: "v0.0.0-20150125180832-604ed5785183",
		fixed:  "v0.0.0-20210331224755-41bb18bfe9da", what: "the cache counts 4 bytes"},
	{test: "Ringbuffer", file: "ringbuffer", name: "smallnest/ringbuffer bab516b",
		module: "github.com/smallnest/ringbuffer",
		broken: "v0.0.0-20240423223918-bab516b2000b",
		fixed:  "v0.0.0-20240802023544-f37d4ed3648b", what: "deadlock"},
}

// A side is a bug's program in one of the two versions of its module.
type side struct {
	*bug
	fixed bool
}

// TestPublished finds each published bug within 10^4 schedules in the version that has it, and
// nothing within as many in a version with the repair. go test -v -run TestPublished prints the
// table of all of them.
func TestPublished(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a module for each set of versions")
	}
	results := map[side]*explore.Result{}
	for i, sides := range arrange() {
		maps.Copy(results, run(t, filepath.Join(t.TempDir(), fmt.Sprint(i)), sides))
	}
	table := "| bug | broken version | found in schedule | what | repaired version | nothing found in |\n" +
		"|---|---|---:|---|---|---:|\n"
	for i := range bugs {
		b := &bugs[i]
		if !regexp.MustCompile(*onlyFlag).MatchString(b.test) {
			continue
		}
		t.Run(b.test, func(t *testing.T) {
			broken, fixed := results[side{b, false}], results[side{b, true}]
			if broken == nil || fixed == nil {
				t.Fatal("no result")
			}
			if broken.Verdict != explore.Fail || !strings.Contains(broken.What, b.what) {
				t.Errorf("%s: %s: %s\n%s\nwant %s", b.broken, broken.Verdict, broken.What,
					broken.Text, b.what)
			}
			if !passes(b, fixed) {
				t.Errorf("%s: %s: %s\n%s", b.fixed, fixed.Verdict, fixed.What, fixed.Text)
			}
			if b.remains != "" {
				t.Logf("%s: %s", b.fixed, fixed.Text)
			}
			table += row(b, broken, fixed)
		})
	}
	table += foundAgain()
	t.Logf("\n%s", table)
	if *writeFlag {
		text := "# Published bugs, found\n\nWritten by `go test -run TestPublished -write .`; README.md " +
			"says how to read it.\n\n" + table
		if err := os.WriteFile("PUBLISHED.md", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// foundAgain argues for each finding in a version with a repair.
func foundAgain() string {
	text := ""
	for _, b := range bugs {
		if b.why != "" && regexp.MustCompile(*onlyFlag).MatchString(b.test) {
			text += fmt.Sprintf("- %s, %s: %s\n", b.name, b.fixed, b.why)
		}
	}
	if text == "" {
		return ""
	}
	return "\n## Found again\n\nThe repair is incomplete. The positions are of the repaired version.\n\n" + text
}

// passes reports whether the version with the repair does what is expected of it. Unknown is enough
// only at the bound on schedules, or with many of them if this machine is slow.
func passes(b *bug, r *explore.Result) bool {
	if b.remains != "" {
		return r.Verdict != explore.Pass && strings.Contains(r.What, b.remains)
	}
	return r.Complete || r.Bound == "schedules" || r.Bound == "time" && r.Schedules >= 1000
}

// row returns the line of a bug in the table.
func row(b *bug, broken, fixed *explore.Result) string {
	bound := fmt.Sprintf("%d schedules", fixed.Schedules)
	switch {
	case b.remains != "":
		bound = fmt.Sprintf("**found again** in schedule %d (%s)", fixed.Schedules, fixed.Strategy)
	case fixed.Complete:
		bound = fmt.Sprintf("%d, complete", fixed.Schedules)
	}
	version := b.fixed
	if b.replacement != "" {
		version = b.replacement + " " + version
	}
	what, _, _ := strings.Cut(broken.What, "\n")
	return fmt.Sprintf("| %s | %s | %d (%s) | %s | %s | %s |\n", b.name, short(b.broken),
		broken.Schedules, broken.Strategy, what, short(version), bound)
}

// short returns the commit of a pseudo-version, and any other version as it is.
func short(version string) string {
	if at := strings.LastIndexByte(version, '-'); at >= 0 {
		return version[at+1 : at+8]
	}
	return version
}

// arrange puts the sides into as few modules as it can: one module cannot have two versions of
// another. Builds take nearly all of the time of this test.
func arrange() [][]side {
	var modules [][]side
	only := regexp.MustCompile(*onlyFlag)
	for i := range bugs {
		if !only.MatchString(bugs[i].test) {
			continue
		}
		for _, fixed := range []bool{false, true} {
			s := side{&bugs[i], fixed}
			at := slices.IndexFunc(modules, func(m []side) bool {
				return !slices.ContainsFunc(m, s.excludes)
			})
			if at < 0 {
				at = len(modules)
				modules = append(modules, nil)
			}
			modules[at] = append(modules[at], s)
		}
	}
	return modules
}

// excludes reports whether no module can have both sides.
func (s side) excludes(other side) bool {
	return s.race != other.race || s.alone != other.alone ||
		s.file == other.file && s.imports() != other.imports() ||
		s.module == other.module && s.imports() == other.imports() && s.version() != other.version()
}

func (s side) version() string {
	if s.fixed {
		return s.bug.fixed
	}
	return s.broken
}

// imports returns the path that the program imports.
func (s side) imports() string {
	if s.fixed && s.replacement != "" {
		return s.replacement
	}
	return s.module
}

// run explores the sides in a module of their own, in dir, and returns the results.
func run(t *testing.T, dir string, sides []side) map[side]*explore.Result {
	t.Helper()
	writeModule(t, dir, sides)
	command(t, dir, "go", "mod", "tidy")
	names := make([]string, len(sides))
	for i, s := range sides {
		names[i] = "Test" + s.test
	}
	args := []string{"test", "-v", "-count=1", "-run", "^(" + strings.Join(names, "|") + ")$"}
	if sides[0].race {
		args = append(args, "-race")
	}
	out := command(t, dir, "go", append(args, ".")...)
	results := map[side]*explore.Result{}
	for line := range bytes.Lines(out) {
		text, ok := bytes.CutPrefix(line, []byte("result "))
		if !ok {
			continue
		}
		var r struct {
			Test string
			explore.Result
		}
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		for _, s := range sides {
			if "Test"+s.test == r.Test {
				results[s] = &r.Result
			}
		}
	}
	if len(results) < len(sides) {
		t.Errorf("%d of %d results of %v in\n%s", len(results), len(sides), names, out)
	}
	return results
}

// writeModule writes the programs of the sides and a go.mod with their versions to dir. The replace
// lines fix the versions, whatever other modules require.
func writeModule(t *testing.T, dir string, sides []side) {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	mod := "module example.org/published\n\ngo 1.26.0\n\n" +
		"require github.com/semabench/semabench v0.0.0\n" +
		"replace github.com/semabench/semabench => " + root + "\n"
	files := map[string]side{"play": {bug: &bug{}}}
	for _, s := range sides {
		if _, ok := files[s.file]; ok {
			continue
		}
		files[s.file] = s
		if s.imports() == s.module {
			mod += fmt.Sprintf("require %[1]s %[2]s\nreplace %[1]s => %[1]s %[2]s\n", s.module, s.version())
		}
	}
	for name, s := range files {
		text, err := os.ReadFile(filepath.Join("testdata/published", name+"_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		if s.fixed && s.replacement != "" {
			text = bytes.ReplaceAll(text, []byte(`"`+s.module+`"`), []byte(`"`+s.replacement+`"`))
		}
		writeFile(t, filepath.Join(dir, name+"_test.go"), text)
	}
	writeFile(t, filepath.Join(dir, "go.mod"), []byte(mod))
}

func writeFile(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(name, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// command runs a program in dir and returns its output. A failing test is no reason to stop: it
// has a result, or the result is missing.
func command(t *testing.T, dir, name string, args ...string) []byte {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err != nil && args[0] != "test" {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}
