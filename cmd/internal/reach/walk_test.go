package reach

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
)

// The walk through a whole binary has to meet everything that the linker keeps.
// The linker prints its graph if it is asked to: "from -> to", with marks.
func TestTheWalkMeetsWhatTheLinkerKeeps(t *testing.T) {
	longtest.Need(t, "TestWhichBenchmarksAChangeReaches")
	t.Setenv("CGO_ENABLED", "0") // the linker names symbols of C as it likes
	const pkg = "encoding/json"  // reflection, interfaces, sync.Map, and generics
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	out, err = exec.Command("go", "list", "-export", "-deps", "-test", "-json=ImportPath,Export,Standard", pkg).Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []Archive
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath, Export string
			Standard           bool
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		path, _, _ := strings.Cut(p.ImportPath, " ")
		if path == pkg+".test" {
			path = "main"
		}
		a := Archive{Path: path, File: p.Export, Std: true}
		switch {
		case p.Export == "", p.ImportPath == pkg: // the variant for the test takes its place
		case path == "main":
			list = append([]Archive{a}, list...)
		default:
			list = append(list, a)
		}
	}
	b, err := r.Link(list)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Compare(b, b, "_rt0_"+runtime.GOARCH+"_"+runtime.GOOS, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	met := map[string]bool{}
	for n, other := range c.linked[0].pair {
		if other != 0 {
			met[b.p.symbol(id(n)).name()] = true
		}
	}
	deps, err := exec.Command("go", "test", "-c", "-ldflags=-dumpdep", "-o",
		filepath.Join(t.TempDir(), "x.test"), pkg).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, deps)
	}
	kept, missed := 0, 0
	for _, line := range regexp.MustCompile(`(?m)^.+ -> (.+?)(?: <\S+>)?$`).FindAllStringSubmatch(string(deps), -1) {
		name := line[1]
		// Some are for debuggers; some are made by the linker; and texts that differ in
		// zeros at their end become one there.
		if regexp.MustCompile(`^(go:(info|main|runtime|string)|runtime\.gcbits)\.`).MatchString(name) ||
			!strings.Contains(name, ".") {
			continue
		}
		if kept++; !met[name] {
			if missed++; missed < 20 {
				t.Errorf("the linker keeps %s", name)
			}
		}
	}
	if t.Logf("%d edges, %d missed", kept, missed); kept < 10000 {
		t.Errorf("the linker printed %d edges", kept)
	}
}

// Lines count for every package that may write them: the user's packages, and log/slog.
func TestWhoAsksForLines(t *testing.T) {
	for pkg, want := range map[string]bool{"net/http": true, "runtime": true, "testing": true, "log": true, "log/slog": false} {
		if got := exempt(&object{pkg: pkg, std: true}); got != want {
			t.Errorf("%s: %v, want %v", pkg, got, want)
		}
		if exempt(&object{pkg: pkg}) {
			t.Errorf("%s of a user is exempt", pkg)
		}
	}
}
