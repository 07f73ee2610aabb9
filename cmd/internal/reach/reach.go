// Package reach tells which benchmarks of two test binaries run the same code.
//
//	reader, err := reach.NewReader(goroot)
//	old, err := reader.Link(oldArchives) // as go list -export -deps -test shows them
//	new, err := reader.Link(newArchives)
//	c, err := reach.Compare(old, new, "_rt0_amd64_linux", harmless)
//	for _, name := range c.Benchmarks() {
//		why := c.Difference(name) // "" if nothing that the benchmark can reach differs
//		list, err := c.Changes(name) // the functions whose code differs
//	}
//
// Everything counts that a process can execute or read when it runs one benchmark
// alone: the machine code that is reachable from the entry of the binary, through
// the runtime, the init functions of all packages, TestMain and package testing to
// the benchmark, and all data that this code refers to. Only the lists of tests,
// examples and other benchmarks are left out. The graph is the one by which the
// linker drops dead code, and the rules are the linker's: they are conservative
// for interfaces, closures and reflection.
//
// # What does not count
//
// Where code and data lie in the binary; line numbers and names of functions,
// unless the benchmark can ask the runtime for them; information for debuggers;
// and names in general: a closure that is renumbered because another one was
// added is the same closure.
//
// # What this does not see
//
// The content of files that the process reads ([Comparison.Opens] says whether it
// can open any), its environment, and code that is no Go object, such as C.
// Variables that the benchmark cannot reach are scanned by the garbage collector
// too: their size may differ by [Scanned] bytes.
package reach

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// An Archive is the compiled code of one package.
type Archive struct {
	Path string // import path; "main" for the main package of a test binary
	File string // where the go command keeps the archive; go list -export shows it
	Std  bool   // the package belongs to the standard library
}

// A Reader reads archives. It reads each file once, and can be used by several goroutines. Most
// archives are shared by the binaries of both sides and of all packages: a gate of ten packages
// reads the runtime once and not twenty times.
type Reader struct {
	f     *format
	mu    sync.Mutex
	files map[string]*archive
}

// NewReader makes a Reader for archives that one Go distribution has written.
// The error wraps [ErrFormat] if the distribution has no source of its tools, or
// if its format is unknown.
func NewReader(goroot string) (*Reader, error) {
	f, err := readFormat(goroot)
	return &Reader{f: f, files: map[string]*archive{}}, err
}

// The lock is held while a file is read: the next caller usually wants the same one.
func (r *Reader) read(a Archive) (*archive, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if found, ok := r.files[a.File]; ok {
		return found, nil
	}
	found, err := readArchive(r.f, a.Path, a.File, a.Std)
	if err == nil {
		r.files[a.File] = found
	}
	return found, err
}

// A Binary holds the symbols of a test binary. An archive of the standard library may have code
// that is no Go object; its file stands for it, as the distribution is the same on both sides or
// the files differ.
type Binary struct {
	p       *program
	foreign map[string]bool // archives with code that is no Go object
}

// Link resolves the names in the archives of one binary. It takes all of them,
// with the standard library. The error wraps [ErrForeign] if a package
// outside of the standard library has code that is no Go object.
func (r *Reader) Link(archives []Archive) (b *Binary, err error) {
	defer recovered(&err)
	b = &Binary{foreign: map[string]bool{}}
	var list []*archive
	for _, a := range archives {
		found, err := r.read(a)
		if err != nil {
			return nil, err
		}
		if found.foreign {
			if !a.Std {
				return nil, fmt.Errorf("%s: %w", a.Path, ErrForeign)
			}
			b.foreign[a.File] = true
		}
		list = append(list, found)
	}
	b.p, err = link(r.f, list)
	return b, err
}

// recovered turns a panic into ErrFormat. A file whose offsets are wrong makes an index run out of
// its slice; to check each of them would double the code. No slice is written here, so a panic
// leaves nothing half done but the walk, which walkOne takes back in a deferred call.
func recovered(err *error) {
	if what := recover(); what != nil {
		*err = fmt.Errorf("%w: %v", ErrFormat, what)
	}
}

// Scanned is how many bytes of variables with pointers one binary may have more than the other, if
// the rest is the same. The garbage collector scans all of them in every cycle. It scans some bytes
// each nanosecond, so 16 KiB take about 5 µs, and a cycle begins after 4 MiB of allocations, which
// take a millisecond: at most 0.5 % of the time. One more test adds 40 bytes. Without a bound, a
// test that is added with a large table would count as no change although each cycle of the
// collector takes longer.
const Scanned = 16 << 10

// A Comparison has walked what all benchmarks of two binaries share. The two walks are kept for all
// benchmarks of the package. The one with lines is made when the first benchmark needs it, since
// most need none and it costs as much as the other.
type Comparison struct {
	old, new   *Binary
	entry      string
	harmless   func(string) bool
	opens      map[string]string
	linked     [2]*walk
	benchmarks map[string][2]id
	onlyOne    []string
	shared     error    // the difference in what all benchmarks reach
	plain      *walk    // without line tables
	alone      [2]*walk // of each side against itself, without its tests; made for Changes
	lined      *walk    // with them; made when a benchmark needs it
	linedErr   error
}

// Compare compares what all benchmarks of two binaries share. entry is the symbol where the
// operating system starts the binary, such as _rt0_amd64_linux. harmless reports whether a package
// of the standard library opens no file that its caller names. Each side is also walked against
// itself, with its tests. These walks cannot differ; they tell which symbols the linker keeps in
// each binary, which decides what weak references are.
func Compare(
	old, new *Binary, entry string, harmless func(path string) bool,
) (c *Comparison, err error) {
	defer recovered(&err)
	c = &Comparison{old: old, new: new, entry: entry, harmless: harmless,
		opens: map[string]string{}, benchmarks: map[string][2]id{}}
	var lists [2]map[string]id
	for i, b := range []*Binary{old, new} {
		if lists[i], err = b.p.benchmarks(); err != nil {
			return nil, err
		}
		c.linked[i] = newWalk(b.p, b.p)
		if err := c.start(c.linked[i]); err != nil {
			return nil, err
		}
	}
	for _, list := range lists {
		for name := range list {
			if a, b := lists[0][name], lists[1][name]; a != 0 && b != 0 {
				c.benchmarks[name] = [2]id{a, b}
			} else {
				c.onlyOne = append(c.onlyOne, name)
			}
		}
	}
	if !maps.Equal(old.foreign, new.foreign) {
		c.shared = differ("code that is no Go object differs")
		return c, nil
	}
	if a, b := c.linked[0].scanned(), c.linked[1].scanned(); max(a, b)-min(a, b) > Scanned {
		c.shared = differ("the binaries have %d and %d bytes of variables with pointers", a, b)
		return c, nil
	}
	c.plain, c.shared = c.walkShared(false)
	return c, formatError(c.shared)
}

// formatError returns an error that is no difference.
func formatError(err error) error {
	if d := (*difference)(nil); errors.As(err, &d) {
		return nil
	}
	return err
}

// walkShared walks what all benchmarks share. The lists of tests and benchmarks are paired and not
// followed. So two binaries with different tests can be compared: the lists have the same part in
// both, and their content is not looked at.
func (c *Comparison) walkShared(lines bool) (*walk, error) {
	w := newWalk(c.old.p, c.new.p)
	w.lines, w.linked, w.harmless = lines, c.linked, c.harmless
	w.openers = openersOf(c.old.p)
	w.cutLists()
	return w, c.start(w)
}

// cutLists has the walk stop at the lists of tests and benchmarks.
func (w *walk) cutLists() {
	for _, list := range []string{"main.tests", "main.benchmarks", "main.fuzzTargets", "main.examples"} {
		for _, n := range w.old.lookup(list) {
			w.cut[n] = true
		}
	}
}

// start walks from the roots of the linker. The init functions are in the list of main's init task,
// which has references to the tasks of all imported packages. The linker's own dead code
// elimination starts from the same names. A missing root would hide all code that only it reaches, so a test
// compares the walk with the symbols that the linker keeps.
func (c *Comparison) start(w *walk) error {
	roots := []string{c.entry, "main", "main.main", "main..inittask", "runtime..inittask",
		"runtime.unreachableMethod", "runtime.mapinitnoop"}
	for i, root := range roots {
		a, b := w.old.lookup(root), w.new.lookup(root)
		if i == 0 && len(a) == 0 {
			return fmt.Errorf("%w: no entry %s", ErrFormat, root)
		}
		if len(a) != len(b) {
			return differ("only one side has %s", root)
		}
		for k := range a {
			if err := w.meet(a[k], b[k]); err != nil {
				return err
			}
		}
	}
	return w.run()
}

// scanned returns the size of all variables with pointers.
func (w *walk) scanned() (size int64) {
	n := w.old.f.numbers
	for a, b := range w.pair {
		if b == 0 {
			continue
		}
		s := w.old.symbol(id(a))
		switch int64(s.kind()) {
		case n["SDATA"], n["SBSS"], n["SDATAFIPS"]:
			size += int64(s.size())
		}
	}
	return size
}

// benchmarks finds the functions in the list that the go command generates:
//
//	var benchmarks = []testing.InternalBenchmark{{"BenchmarkX", p.BenchmarkX}, …}
//
// The compiler lays it out as a slice that points to an array, which has two
// references for each entry: to the text of the name, and to the function. A
// name that two functions have has no function here.
func (p *program) benchmarks() (map[string]id, error) {
	lists := p.lookup("main.benchmarks")
	if len(lists) != 1 {
		return nil, fmt.Errorf("%w: no list of benchmarks", ErrFormat)
	}
	_, arrays, _, _, err := p.list(lists[0])
	if err != nil || len(arrays) == 0 {
		return nil, err // no benchmarks
	}
	found, twice := map[string]id{}, map[string]bool{}
	_, parts, _, _, err := p.list(arrays[0])
	if err != nil || len(arrays) > 1 || len(parts)%2 != 0 {
		return nil, errors.Join(err, fmt.Errorf("%w: the list of benchmarks", ErrFormat))
	}
	for i := 0; i < len(parts); i += 2 {
		name := string(p.symbol(parts[i]).data())
		if _, ok := found[name]; ok {
			twice[name] = true
		}
		found[name] = parts[i+1]
	}
	for name := range twice {
		found[name] = 0
	}
	return found, nil
}

// Benchmarks returns the names of the benchmark functions that both binaries
// have, sorted.
func (c *Comparison) Benchmarks() []string { return slices.Sorted(maps.Keys(c.benchmarks)) }

// OnlyOne returns the names of other benchmark functions, sorted: only one binary
// has them, or one has two with the same name.
func (c *Comparison) OnlyOne() []string {
	slices.Sort(c.onlyOne)
	return slices.Compact(c.onlyOne)
}

// Difference returns what differs between the two sides of a benchmark, or "" if
// everything that the benchmark can reach is the same. What cannot be told is a
// difference. It must not be called by several goroutines.
//
// A first walk ignores lines. If the benchmark's code cannot ask for them, the answer stands;
// otherwise a second walk compares them, too.
func (c *Comparison) Difference(name string) (what string) {
	var err error
	defer func() {
		recovered(&err)
		if err != nil {
			what = err.Error()
		}
	}()
	pair, ok := c.benchmarks[name]
	if !ok {
		return "one side lacks it"
	}
	if c.shared != nil {
		return c.shared.Error()
	}
	traced := false
	traced, c.opens[name], err = c.walkOne(c.plain, pair)
	if err != nil || !traced {
		return ""
	}
	if c.lined == nil && c.linedErr == nil {
		c.lined, c.linedErr = c.walkShared(true)
	}
	if err = c.linedErr; err == nil {
		_, _, err = c.walkOne(c.lined, pair)
	}
	if err != nil {
		err = fmt.Errorf("the code asks for lines or names of code: %w", err)
	}
	return ""
}

// walkOne walks one benchmark on top of the shared walk, and takes its steps back. The linker
// writes the build information, so no object has it, and the walk cannot compare it. The functions
// that read it are looked for by name.
func (c *Comparison) walkOne(w *walk, pair [2]id) (traced bool, opens string, err error) {
	defer w.undo(len(w.log))
	if err := w.meet(pair[0], pair[1]); err != nil {
		return false, "", err
	}
	if err := w.run(); err != nil {
		return false, "", err
	}
	for _, name := range []string{"runtime/debug.ReadBuildInfo", "runtime/debug.modinfo"} {
		for _, n := range w.old.lookup(name) {
			if w.pair[n] != 0 {
				return false, "", differ("the code reads its build information, which has the versions of modules")
			}
		}
	}
	return w.traced, w.opens, nil
}

// Opens returns which code that a benchmark can reach may open a file, or "" if
// none does. It knows benchmarks for which Difference returned "".
func (c *Comparison) Opens(name string) string { return c.opens[name] }
