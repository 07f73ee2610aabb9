// Package arch checks which packages of this module may import which others.
package arch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/semabench/semabench"

// plumbing lists the lowest packages, which know nothing of semaphores, benchmarks and schedules.
// Every package above may import them, except the bare ones. The engines of the verbs know all of
// that. They are in cmd/internal, so no package outside of cmd can import them: no arrow runs from
// the lowest floor up to a room.
var plumbing = map[string][]string{
	"internal/benchkey":  {},
	"internal/child":     {"internal/excerpt"},
	"internal/escape":    {},
	"internal/excerpt":   {},
	"internal/exitcode":  {},
	"internal/filelock":  {"github.com/gofrs/flock"},
	"internal/flags":     {},
	"internal/gotool":    {"internal/child", "golang.org/x/mod/modfile", "golang.org/x/mod/module"},
	"internal/interrupt": {},
	"internal/page":      {},
	"internal/plural":    {},
	"internal/progress":  {"internal/terminal"},
	"internal/rusage":    {},
	"internal/slice":     {},
	"internal/spelling":  {},
	"internal/stats":     {},
	"internal/terminal":  {"golang.org/x/term"},
}

// bare lists packages that import no plumbing. Services import impls, and copies of the user's
// packages import the runtime and the shims, so every dependency there would become a dependency of
// the user's code. The model, and the semaphores that are broken on purpose, must not share a
// mistake with the code that they check.
var bare = []string{"impls", "impls/*", "stress/internal/*", "stress/explore/schedrt", "stress/explore/shim/*"}

// above has a row for each package above the plumbing. A package may import the packages that its
// row names, the plumbing, and the standard library without package testing. A name without a dot
// is a package of this module. A name with a dot is a package of another module. A trailing *
// matches the rest of any name.
var above = map[string][]string{
	"impls":           {"impls/semaphore", "golang.org/x/sync/semaphore"},
	"impls/semaphore": {}, // services import it, so it depends on nothing
	"impls/process":   {"impls", "golang.org/x/sys/unix"},
	"bench/parallel": {"impls", "impls/process", "internal/machine",
		"golang.org/x/sync/errgroup", "golang.org/x/sys/unix"},
	"bench": {"impls", "internal/machine", "github.com/HdrHistogram/hdrhistogram-go", "testing*"},
	"stress": {"impls", "stress/internal/contexts", "stress/internal/leavers", "stress/internal/model",
		"stress/internal/race",
		"github.com/anishathalye/porcupine", "testing*"},
	"stress/internal/contexts": {},        // what callers pass to a semaphore
	"stress/internal/leavers":  {"impls"}, // counts what calls leave behind, and knows no clause
	"stress/internal/model":    {"impls"},
	"stress/internal/race":     {},
	"stress/internal/mutant":   {"impls"}, // only tests may import it
	"stress/internal/mutate":   {},        // knows no semaphore: it is for users' packages, too
	"stress/internal/odd":      {"impls"}, // correct semaphores, against false alarms
	"stress/internal/designs":  {"impls"}, // correct semaphores, to be mutated
	// A command. It builds and runs judges in processes of its own, so it needs the plumbing for both.
	"stress/internal/generated":       {"stress/internal/mutate", "internal/child", "internal/gotool", "internal/interrupt"},
	"stress/explore/schedrt":          {},
	"stress/explore/shim":             {}, // no code: the tests of the packages below
	"stress/explore/shim/sync":        {"stress/explore/schedrt", "stress/explore/shim/atomic"},
	"stress/explore/shim/atomic":      {"stress/explore/schedrt"},
	"stress/explore/shim/context":     {"stress/explore/schedrt"},
	"stress/explore/shim/time":        {"stress/explore/schedrt"},
	"stress/explore/shim/runtime":     {"stress/explore/schedrt"},
	"stress/explore/shim/debug":       {"stress/explore/schedrt", "stress/explore/shim/runtime"}, // a stack is written there
	"stress/explore/shim/rand":        {"stress/explore/schedrt"},
	"stress/explore/shim/rand/v2":     {"stress/explore/schedrt"},
	"stress/explore/shim/crypto/rand": {"stress/explore/schedrt"},
	"stress/explore/shim/maphash":     {"stress/explore/schedrt"},
	"stress/explore/shim/os":          {"stress/explore/schedrt", "stress/explore/shim/signal"}, // a Process gets signals
	"stress/explore/shim/syscall":     {"stress/explore/schedrt", "stress/explore/shim/os", "stress/explore/shim/signal"},
	"stress/explore/shim/ioutil":      {"stress/explore/shim/os"},
	"stress/explore/shim/fmt":         {"stress/explore/shim/os"},
	"stress/explore/shim/reflect":     {"stress/explore/schedrt"},
	"stress/explore/shim/signal":      {"stress/explore/schedrt", "stress/explore/shim/context", "stress/explore/shim/sync"},
	"stress/explore/shim/stream":      {"stress/explore/schedrt"},
	"stress/explore/shim/io":          {"stress/explore/schedrt", "stress/explore/shim/stream"},
	"stress/explore/shim/net":         {"stress/explore/schedrt", "stress/explore/shim/stream"},
	"stress/explore/shim/unpooled":    {"stress/explore/schedrt"},
	"stress/explore/shim/expvar":      {"stress/explore/schedrt", "stress/explore/shim/atomic", "stress/explore/shim/sync"},
	"stress/explore/shim/quick":       {"stress/explore/schedrt", "testing*"},
	"stress/explore/shim/weak":        {"stress/explore/schedrt"},
	"stress/explore/shim/testing": {"stress/explore/schedrt", "stress/explore/shim/context",
		"stress/explore/shim/os", "testing*"},
	"stress/explore/shim/slogtest":      {"stress/explore/shim/testing", "testing*"},
	"stress/explore/shim/bubble":        {"stress/explore/schedrt", "stress/explore/shim/testing", "testing*"},
	"stress/explore/shim/synctest":      {"stress/explore/schedrt", "stress/explore/shim/testing"},
	"stress/explore/internal/strategy":  {"stress/explore/schedrt"},
	"stress/explore/internal/rewrite":   {},
	"stress/explore/internal/schedtest": {"stress/explore/schedrt", "testing*"}, // only tests import it
	"stress/explore/internal/source":    {},
	"stress/explore/internal/failure":   {},
	"stress/explore/internal/observe": {"stress/explore/schedrt", "stress/explore/internal/strategy",
		"stress/explore/internal/source", "stress/explore/internal/failure"},
	"stress/explore/internal/semaphore": {"impls", "stress/internal/model", "stress/explore/schedrt",
		"stress/explore/shim/context", "stress/explore/shim/sync", "stress/explore/internal/failure"},
	// It draws and judges programs over a user's type, and knows no semaphore.
	"stress/explore/internal/typeprog": {"stress/explore/schedrt", "stress/explore/shim/sync",
		"stress/explore/internal/strategy", "stress/explore/internal/failure"},
	"stress/explore/internal/task": {"stress/explore/internal/strategy"},
	"stress/explore/internal/verdict": {"stress/explore/schedrt", "stress/explore/internal/failure",
		"stress/explore/internal/strategy", "stress/explore/internal/task"},
	"stress/explore/internal/wire": {"stress/explore/internal/task", "stress/explore/internal/verdict"},
	"stress/explore/internal/player": {"stress/explore/schedrt", "stress/explore/internal/failure",
		"stress/explore/internal/observe", "stress/explore/internal/strategy", "stress/explore/internal/task",
		"stress/explore/internal/verdict", "stress/explore/internal/wire", "testing"},
	"stress/explore/internal/parent": {"stress/explore/internal/failure", "stress/explore/internal/observe",
		"stress/explore/internal/strategy", "stress/explore/internal/task", "stress/explore/internal/verdict",
		"stress/explore/internal/wire"},
	"stress/explore": {"impls", "stress/explore/schedrt", "stress/explore/shim/*",
		"stress/explore/internal/semaphore", "stress/explore/internal/parent", "stress/explore/internal/player",
		"stress/explore/internal/task", "stress/explore/internal/verdict", "stress/explore/internal/wire",
		"stress/explore/internal/rewrite", "stress/explore/internal/failure", "stress/explore/internal/typeprog",
		"testing*"},
	// It mutates users' packages and knows no semaphore; the explorer judges them.
	"stress/mutation": {"stress/explore", "stress/internal/mutate"},

	"reports":                    {"reports/read", "reports/compare", "reports/draw"},
	"reports/read":               {"golang.org/x/perf/bench*"},
	"reports/internal/format":    {"golang.org/x/perf/benchunit"},
	"reports/internal/texttable": {}, // the layout of benchstat; its cells are texts
	"reports/compare": {"reports/read", "reports/internal/format", "reports/compare/internal/utest",
		"golang.org/x/perf/bench*", "github.com/montanaflynn/stats"},
	"reports/compare/internal/utest": {"golang.org/x/perf/benchmath", "github.com/aclements/go-moremath/*"},
	"reports/draw": {"reports/read", "reports/compare", "reports/internal/format",
		"reports/internal/picture", "reports/internal/texttable", "golang.org/x/perf/bench*",
		"github.com/rivo/uniseg"},
	"reports/gate": {"reports", "reports/gate/internal/signedrank",
		"github.com/aclements/go-moremath/stats"}, // the distribution of Mann and Whitney, as in reports/compare
	"reports/gate/internal/signedrank": {},
	// It keeps the runs of all verbs, so it reads benchmark texts and the JSON of gates.
	"reports/history":             {"reports/read", "reports/gate", "reports/internal/format"},
	"reports/claims":              {"reports", "reports/internal/picture"},
	"reports/internal/reporttest": {"github.com/chromedp/*", "testing"}, // only tests may import it
	"reports/internal/picture":    {"gonum.org/v1/plot*", "golang.org/x/image/font", "github.com/rivo/uniseg"},
	"cmd/internal/duel": {"reports", "reports/gate", "internal/machine", "cmd/internal/instructions",
		"cmd/internal/callcost", "cmd/internal/reach", "cmd/internal/shards", "golang.org/x/sync/errgroup", "golang.org/x/sys/cpu"},
	"cmd/internal/instructions":  {"golang.org/x/sys/unix", "internal/machine"}, // counts any process, and knows no benchmark
	"cmd/internal/duel/anchor":   {},
	"cmd/internal/duel/selftest": {"cmd/internal/duel", "reports", "reports/gate"},
	"cmd/internal/duel/truth":    {"cmd/internal/duel", "reports/gate"}, // runs the built command, as a user does; duel for identity alone

	"vet":                 {"golang.org/x/tools/go/analysis*", "golang.org/x/tools/go/cfg"}, // golangci-lint imports it, so it needs no plumbing
	"vet/internal/survey": {"vet", "internal/gotool", "golang.org/x/tools/go/analysis*"},    // a command for the table of docs/vet.md

	"cmd/internal/shards":   {"reports", "reports/gate"},                         // joins recorded runs
	"cmd/internal/callcost": {"reports/gate", "github.com/google/pprof/profile"}, // compares profiles of any program
	"cmd/internal/reach":    {},                                                  // reads object files of the go command; knows nothing of gates
	"internal/arch":         {},
	"internal/longtest":     {"testing"}, // only tests may import it
	"internal/machine":      {},
	"cmd/internal/layout":   {"impls"},
	"cmd/internal/soak":     {"impls", "stress"},
	"cmd/internal/exploration": {"cmd/internal/layout", "stress/explore", "golang.org/x/mod/modfile",
		"stress/mutation"}, // which puts a module that does not know this suite into a workspace with it
	"cmd/internal/sampling": {"impls", "bench", "bench/sampler", "cmd/internal/layout", "internal/machine"},
	"bench/sampler":         {"impls", "bench"},
	"cmd/semabench/player":  {"impls", "cmd/internal/soak"}, // built into a program of the user's module
	"cmd/semabench": {"impls", "impls/process", "bench", "bench/parallel", "reports",
		"reports/claims", "reports/gate", "reports/history", "cmd/semabench/player", "bench/sampler", "cmd/internal/duel", "cmd/internal/shards",
		"cmd/internal/exploration", "cmd/internal/layout", "internal/machine", "cmd/internal/sampling",
		"cmd/internal/soak", "stress", "stress/explore", "stress/mutation", "vet", "golang.org/x/tools/go/analysis/unitchecker", "github.com/BurntSushi/toml"},
}

// pkg is the part of the output of `go list -json` that the test needs.
type pkg struct {
	ImportPath string
	Imports    []string // without the imports of tests, which are free
}

func TestRoomsKeepToTheirFloors(t *testing.T) {
	packages := list(t)
	if rows := len(above) + len(plumbing); len(packages) < rows {
		t.Errorf("go list found %d packages for %d rows", len(packages), rows)
	}
	for _, p := range packages {
		for _, err := range brokenArrows(p) {
			t.Error(err)
		}
	}
}

// brokenArrows returns an error for each import of p that the table does not allow.
func brokenArrows(p pkg) (errs []error) {
	pkgPath := strings.TrimPrefix(p.ImportPath, module+"/")
	allowed, isPlumbing := plumbing[pkgPath]
	if !isPlumbing {
		var ok bool
		if allowed, ok = above[pkgPath]; !ok {
			return []error{fmt.Errorf("%s has no row in above: add one, with the packages that it may import", pkgPath)}
		}
	}
	mayPlumb := !isPlumbing && !slices.ContainsFunc(bare, matches(pkgPath))
	for _, imported := range p.Imports {
		local, isLocal := strings.CutPrefix(imported, module+"/")
		_, ofPlumbing := plumbing[local]
		switch {
		case slices.ContainsFunc(allowed, matches(local)):
		case ofPlumbing && mayPlumb:
		case !isLocal && inStandardLibrary(imported):
		default:
			errs = append(errs, fmt.Errorf("%s -> %s: not in its row, %v", pkgPath, local, allowed))
		}
	}
	return errs
}

// inStandardLibrary excludes package testing: its flags would become flags of every program that
// imports the package.
func inStandardLibrary(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && first != "testing"
}

func matches(imported string) func(pattern string) bool {
	return func(pattern string) bool {
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
			return strings.HasPrefix(imported, prefix)
		}
		return imported == pattern
	}
}

func list(t *testing.T) (packages []pkg) {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v", cmd, err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("reading %v: %v", cmd, err)
		}
		packages = append(packages, p)
	}
}

// brokenArrows must find arrows that are not allowed, and pass arrows that are.
func TestBrokenArrows(t *testing.T) {
	for _, p := range []pkg{
		{module + "/impls", []string{"context", module + "/bench"}},
		{module + "/impls", []string{"testing"}},
		{module + "/impls", []string{"testing/synctest"}},
		{module + "/reports", []string{module + "/impls"}},
		{module + "/reports", []string{"golang.org/x/perf/storage"}},
		{module + "/cmd/semabench", []string{module + "/stress/internal/mutant"}},
		{module + "/util", nil},
		{module + "/impls/process", []string{module + "/internal/child"}},
		{module + "/stress/explore/shim/sync", []string{module + "/internal/stats"}},
		{module + "/internal/stats", []string{module + "/internal/child"}},
		{module + "/internal/stats", []string{module + "/impls"}},
		{module + "/reports", []string{module + "/cmd/internal/layout"}},
	} {
		if len(brokenArrows(p)) == 0 {
			t.Errorf("%s may import %v, want an error", p.ImportPath, p.Imports)
		}
	}
	for _, p := range []pkg{
		{module + "/reports/read", []string{"io", "golang.org/x/perf/benchfmt"}},
		{module + "/stress", []string{module + "/impls", "testing/synctest"}},
		{module + "/reports", []string{module + "/internal/stats", module + "/internal/page"}},
		{module + "/internal/child", []string{module + "/internal/excerpt"}},
	} {
		if errs := brokenArrows(p); len(errs) > 0 {
			t.Errorf("%s may not import %v: %v", p.ImportPath, p.Imports, errs)
		}
	}
}
