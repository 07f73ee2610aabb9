package rewrite

import (
	"fmt"
	"go/ast"
	"regexp"
	"strings"
)

// linkname matches the directive, with the local function and the function that it names.
var linkname = regexp.MustCompile(`^//go:linkname (\S+) (\S+)`)

// parking matches the functions of the runtime in which a goroutine waits for another. It matches
// by the beginning of names, since the runtime has several variants of each and adds more. Too wide
// a match refuses a program with a reason; too narrow a match would hang it.
var parking = regexp.MustCompile(`^(internal/)?(sync|poll|runtime)\.(runtime_)?` +
	`(Sem|sem|gopark|goready|park|notifyList|chan|selectgo|block|futex|poll_runtime)`)

// linked lists functions of the runtime that modules reach by go:linkname, and whose results differ
// from run to run: random numbers, the clock, the processor, and hashes whose key a process draws.
// Their value is the body that they get: # stands for the alias of package schedrt, and $0, $1 and
// $2 for the parameters.
var linked = map[string]string{
	"runtime.fastrand":              "#.Random()",
	"runtime.fastrand64":            "#.Random()",
	"runtime.fastrandu":             "#.Random()",
	"runtime.cheaprand":             "#.Random()",
	"runtime.cheaprand64":           "#.Random()",
	"runtime.rand":                  "#.Random()",
	"runtime.fastrandn":             "#.RandomBelow(uint64($0))",
	"runtime.cheaprandn":            "#.RandomBelow(uint64($0))",
	"runtime.nanotime":              "#.Nanotime()",
	"time.runtimeNano":              "#.Nanotime()",
	"runtime.cputicks":              "#.Nanotime()",
	"time.now":                      "#.WallNow()",
	"runtime.walltime":              "#.Walltime()",
	"runtime.procPin":               "0",
	"sync.runtime_procPin":          "0",
	"sync/atomic.runtime_procPin":   "0",
	"runtime.procUnpin":             "",
	"sync.runtime_procUnpin":        "",
	"sync/atomic.runtime_procUnpin": "",
	"runtime.memhash":               "#.HashMemory($0, uintptr($1), uintptr($2))",
	"runtime.strhash":               "#.HashString($0, uintptr($1))",
}

// severalResults has the number of results of the bodies that have more than one.
var severalResults = map[string]int{"#.WallNow()": 3, "#.Walltime()": 2}

// linknames goes through the directives. One to a function in which goroutines wait is refused: the
// engine would not see the goroutine wait. A function that is linked to one of the table gets a
// body. A directive is a comment, so the walk over the syntax tree does not meet it.
func (w *writer) linknames() {
	for _, group := range w.file.Comments {
		for _, c := range group.List {
			m := linkname.FindStringSubmatch(c.Text)
			if m == nil {
				continue
			}
			if parking.MatchString(m[2]) {
				w.refuse(c.Pos(), "go:linkname to %s, in which goroutines wait, cannot be put under control", m[2])
			}
			if body, ok := linked[m[2]]; ok {
				w.giveBody(c, m[1], body)
			}
		}
	}
}

// giveBody gives a function a body, and takes the directive c from it. It leaves the function alone
// if its parameters have no names. The function keeps its signature, so its callers stay as they
// are. If a parameter of the body has no name, or if the number of results is another one, the original
// stays: the result may then differ from run to run, and the check for determinism in package player
// reports it.
func (w *writer) giveBody(c *ast.Comment, name, body string) {
	f := w.bodiless(name)
	if f == nil {
		return
	}
	i := 0
	for _, field := range f.Type.Params.List {
		for _, id := range field.Names {
			body = strings.ReplaceAll(body, fmt.Sprintf("$%d", i), id.Name)
			i++
		}
	}
	results := f.Type.Results.NumFields()
	if strings.Contains(body, "$") || results > 1 && results != severalResults[body] {
		return
	}
	w.replace(c.Pos(), c.End(), func() string { return "// linked to package schedrt" })
	if f.Doc != nil {
		for _, d := range f.Doc.List {
			if d.Text == "//go:noescape" { // only for functions without a body
				w.replace(d.Pos(), d.End(), func() string { return "//" })
			}
		}
	}
	w.replace(f.Type.End(), f.End(), func() string {
		call := body
		if strings.Contains(call, "#") { // engine imports the package, which a body without # does not use
			call = strings.ReplaceAll(call, "#", w.engine())
		}
		switch results {
		case 0:
			return " {}"
		case 1:
			return fmt.Sprintf(" { return %s(%s) }", w.node(f.Type.Results.List[0].Type), call)
		}
		return fmt.Sprintf(" { return %s }", call) // the compiler compares the types
	})
}

// bodiless returns the function of the file with a name, nil if it has a body.
func (w *writer) bodiless(name string) *ast.FuncDecl {
	for _, d := range w.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Body == nil && f.Name.Name == name {
			return f
		}
	}
	return nil
}
