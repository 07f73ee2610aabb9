package process_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/semabench/semabench/impls/process"
)

// Cargo is a client of Go, by a fifo: it builds six crates that do not need each other.
func TestServerOfCargo(t *testing.T) {
	if _, err := exec.LookPath("cargo"); err != nil {
		t.Skip("cargo is not installed: it is no part of what CI has to have")
	}
	w := newWorkshop(t)
	writeCrates(t, w, 6)
	for _, tokens := range []int64{1, 2} {
		path := filepath.Join(t.TempDir(), "fifo")
		sem := must2(process.ServeJobserver(path, tokens))
		mustPeak(t, fmt.Sprintf("cargo on %d tokens", tokens), int(tokens), func() int {
			mustAcquire(t, sem, 1)
			cmd := w.command("-j "+sem.Auth(), "cargo", "build", "--offline", "--quiet")
			cmd.Env = append(cmd.Env, "RUSTC_WRAPPER="+filepath.Join(w.dir, "wrapper"),
				"CARGO_HOME="+t.TempDir(), "CARGO_TARGET_DIR="+t.TempDir())
			mustRun(t, cmd)
			sem.Release(1)
			site{}.allFree(t, sem, tokens)
			return w.peak(t, 7)
		})
		must(t, sem.Close())
	}
}

// writeCrates writes a crate that depends on n others, and a wrapper that tells the log of compilers.
func writeCrates(t *testing.T, w workshop, n int) {
	manifest := "[package]\nname = \"all\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n"
	for i := range n {
		manifest += fmt.Sprintf("c%d = { path = \"c%d\" }\n", i, i)
		writeCrate(t, filepath.Join(w.dir, fmt.Sprint("c", i)),
			fmt.Sprintf("[package]\nname = \"c%d\"\nversion = \"0.1.0\"\nedition = \"2021\"\n", i))
	}
	writeCrate(t, w.dir, manifest)
	wrapper := "#!/bin/sh\ncase \"$*\" in *'--crate-name ___'*|*-vV*) exec \"$@\";; esac\n" +
		"echo b >>\"$LOG\"; \"$@\"; code=$?; sleep 0.03; echo e >>\"$LOG\"; exit $code\n"
	must(t, os.WriteFile(filepath.Join(w.dir, "wrapper"), []byte(wrapper), 0o700))
}

func writeCrate(t *testing.T, dir, manifest string) {
	must(t, os.MkdirAll(filepath.Join(dir, "src"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "Cargo.toml"), []byte(manifest), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "src", "lib.rs"), nil, 0o600))
}
