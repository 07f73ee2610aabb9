package process_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/semabench/semabench/impls/process"
	"github.com/semabench/semabench/internal/longtest"
)

const crates = 7 // one crate, and six that it depends on and that do not depend on each other

// Cargo is a client of a Go server, by a fifo.
func TestServerOfCargo(t *testing.T) {
	longtest.NeedCI(t, "TestServerOfMake for the server")
	needs(t, "cargo")
	w := newProject(t)
	writeCrates(t, w)
	for _, tokens := range []int64{1, 2} {
		sem := must2(process.ServeJobserver(filepath.Join(t.TempDir(), "fifo"), tokens))
		mustPeak(t, fmt.Sprintf("cargo on %d tokens", tokens), int(tokens), func() int {
			runClient(t, sem, w.cargo(t, " -j "+sem.Auth()))
			mustAllBeFree(t, sem, tokens)
			return w.peak(t, crates)
		})
		must(t, sem.Close())
	}
}

// A Go server serves the tokens of one pipe to make and cargo at once, and runs jobs of its own
// beside them.
func TestServerOfMakeAndCargo(t *testing.T) {
	longUnlessRuns(t, "TestServerOfMake and TestServerOfCargo for the server")
	needs(t, "make")
	needs(t, "cargo")
	w := newProject(t)
	writeCrates(t, w)
	for _, tokens := range []int64{2, 3, 4} {
		sem := must2(process.NewJobserver(tokens))
		mustPeak(t, fmt.Sprintf("make, cargo and Go on %d tokens", tokens), int(tokens), func() int {
			var wg sync.WaitGroup
			wg.Go(func() { runClient(t, sem, w.command(" -j "+sem.Auth(), "make", "jobs")) })
			wg.Go(func() { runClient(t, sem, w.cargo(t, " -j "+sem.Auth())) })
			wg.Go(func() { must(t, w.runJobs(sem)) })
			wg.Wait()
			mustAllBeFree(t, sem, tokens)
			return w.peak(t, makeJobs+crates+goJobs)
		})
		must(t, sem.Close())
	}
}

// Make serves its tokens to cargo and a Go client at once, and runs jobs of its own beside them.
func TestClientBesideCargoOfMake(t *testing.T) {
	longUnlessRuns(t, "TestClientOfMake for the client")
	needs(t, "make")
	needs(t, "cargo")
	w := newProject(t)
	writeCrates(t, w)
	for _, jobs := range []int{2, 3, 4} {
		mustPeak(t, fmt.Sprintf("make -j%d with cargo and a Go client", jobs), jobs, func() int {
			cmd := w.cargo(t, "")
			cmd.Args = []string{"make", fmt.Sprintf("-j%d", jobs), "all"}
			cmd.Path = needs(t, "make")
			mustRun(t, cmd)
			return w.peak(t, makeJobs+crates+goJobs)
		})
	}
}

// Cargo serves its tokens to a Go client, which takes the place of one compiler while others
// compile.
func TestClientOfCargo(t *testing.T) {
	longUnlessRuns(t, "TestClientOfMake for the client")
	needs(t, "cargo")
	w := newProject(t)
	writeCrates(t, w)
	for _, jobs := range []int{2, 3} {
		mustPeak(t, fmt.Sprintf("cargo -j%d with a Go client", jobs), jobs, func() int {
			cmd := w.cargo(t, "")
			cmd.Args = append(cmd.Args, fmt.Sprintf("-j%d", jobs))
			cmd.Env = append(cmd.Env, "GO_CLIENT=c0")
			mustRun(t, cmd)
			return w.peak(t, crates+goJobs)
		})
	}
}

// cargo returns a command that builds all crates without a cache.
func (w project) cargo(t *testing.T, flags string) *exec.Cmd {
	target := filepath.Join(w.dir, "target")
	must(t, os.RemoveAll(target))
	cmd := w.command(flags, "cargo", "build", "--offline", "--quiet")
	cmd.Env = append(cmd.Env, "RUSTC_WRAPPER="+filepath.Join(w.dir, "wrapper"),
		"CARGO_HOME="+filepath.Join(w.dir, "home"), "CARGO_TARGET_DIR="+target, "CARGO_INCREMENTAL=0")
	return cmd
}

// writeCrates writes a crate that depends on others, and a compiler wrapper that writes the log.
// For the crate with the name in GO_CLIENT the wrapper runs a Go client before the compiler.
func writeCrates(t *testing.T, w project) {
	manifest := "[package]\nname = \"all\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n"
	for i := range crates - 1 {
		manifest += fmt.Sprintf("c%d = { path = \"c%d\" }\n", i, i)
		writeCrate(t, filepath.Join(w.dir, fmt.Sprint("c", i)),
			fmt.Sprintf("[package]\nname = \"c%d\"\nversion = \"0.1.0\"\nedition = \"2021\"\n", i))
	}
	writeCrate(t, w.dir, manifest)
	wrapper := `#!/bin/sh
case "$*" in *'--crate-name ___'*|*-vV*) exec "$@";; esac
case "$*" in *"--crate-name ${GO_CLIENT:-none} "*)
	MAKEFLAGS="$CARGO_MAKEFLAGS" ` + childVar + `=jobs "$SELF" || exit 1;;
esac
echo b >>"$LOG"; "$@"; code=$?; sleep 0.03; echo e >>"$LOG"; exit $code
`
	must(t, os.WriteFile(filepath.Join(w.dir, "wrapper"), []byte(wrapper), 0o700))
}

func writeCrate(t *testing.T, dir, manifest string) {
	must(t, os.MkdirAll(filepath.Join(dir, "src"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "Cargo.toml"), []byte(manifest), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "src", "lib.rs"), nil, 0o600))
}
