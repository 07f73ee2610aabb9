package duel

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// A binary is the test binary of a package, with a code layout of its own.
type binary struct {
	path   string
	dir    string  // where it runs: the package's
	layout uint64  // seed of the linker
	roster *roster // of an ordinary binary, without a worker; else nil
}

// build links the test binary of a package. Where functions lie alone moves figures by several per
// cent, so no two binaries that are compared may share the luck of one layout.
// Symbols for debuggers are left out, which takes a third off the time of a link; profiles need none.
func (s *side) build(ctx context.Context, p pkg, layout uint64) (binary, error) {
	b := binary{filepath.Join(s.bin, fmt.Sprintf("%x.test", layout)), p.Dir, layout, s.roster}
	if runtime.GOOS == "windows" {
		b.path += ".exe"
	}
	_, err := output(ctx, s.Dir, nil, "go", "test", "-c", "-vet=off", "-overlay="+s.overlay,
		fmt.Sprintf("-ldflags=-s -w -randlayout=%d", layout), "-o", b.path, p.ImportPath)
	if err != nil {
		return b, fmt.Errorf("%s: building %s: %w\nit must build: go test -c %[2]s",
			s.label, p.ImportPath, err)
	}
	return b, nil
}

// A pool is the binaries of one package on one side.
type pool []binary

// link fills pools for both sides with so many layouts, on every core.
func (m *match) link(ctx context.Context, path string, layouts int) (old, new pool, err error) {
	old, new = make(pool, layouts), make(pool, layouts)
	errs := make([]error, 2*layouts)
	var all sync.WaitGroup
	slots := make(chan struct{}, runtime.NumCPU())
	for i := range 2 * layouts {
		to, s, seed := old, m.old, m.seed()
		if i%2 == 1 {
			to, s = new, m.new
		}
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			to[i/2], errs[i] = s.build(ctx, s.packages[path], seed)
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, nil, err // one: the others say the same
		}
	}
	return old, new, nil
}

// remove removes binaries: those of a whole run may be gigabytes.
func (p pool) remove() {
	for _, b := range p {
		os.Remove(b.path) // the whole directory goes in the end
	}
}

// seed returns the seed of a layout; 0 would be the linker's own.
func (m *match) seed() uint64 { return 1 + m.random.Uint64N(1<<40) }
