package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// A lookAlike is a package of folder shim that stands for names of a package of the standard
// library. It is a type-correct replacement at the level of source text: the compiler, and not the
// rewriter, finds a program that uses a name in a way the look-alike does not allow.
type lookAlike struct {
	name   string   // of the standard package
	shim   string   // its folder in shim
	alias  string   // its name in rewritten files
	keep   string   // a name of the standard package, which is used so that its import stays legal
	names  []string // the names that it stands for; nil means all
	output bool     // only in programs that read their output, see output.go
	suite  bool     // only in suites: elsewhere go test calls the tests with its own testing.T
	value  bool     // keep is not a type

	anywhere []string // names of a suite's look-alike that have no testing.T, and stand everywhere
}

// lookAlikes is the table of all look-alikes, by the path of the standard package. Names that
// neither block, nor order memory, nor tell the time, nor differ from run to run stay standard:
// their types must fit packages that are not rewritten.
var lookAlikes = map[string]lookAlike{
	"sync":        {name: "sync", shim: "sync", alias: "explore__sync", keep: "Locker"},
	"sync/atomic": {name: "atomic", shim: "atomic", alias: "explore__atomic", keep: "Int32"},
	"runtime": {name: "runtime", shim: "runtime", alias: "explore__runtime", keep: "Error", names: []string{
		"Gosched", "NumGoroutine", "Stack", "SetFinalizer", "AddCleanup", "NumCPU", "GOMAXPROCS",
		"LockOSThread", "UnlockOSThread", "GC", "ReadMemStats",
		"Func", "FuncForPC", "Frame", "Frames", "CallersFrames", "Callers", "Caller",
	}},
	"runtime/debug": {name: "debug", shim: "debug", alias: "explore__debug", keep: "GCStats", names: []string{
		"Stack", "PrintStack", "ReadGCStats",
	}},
	"weak": {name: "weak", shim: "weak", alias: "explore__weak", keep: "Make[int]", value: true, names: []string{"Make"}},
	"time": {name: "time", shim: "time", alias: "explore__time", keep: "Duration", names: []string{
		"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Timer", "Ticker",
	}},
	"context": {name: "context", shim: "context", alias: "explore__context", keep: "Context", names: []string{
		"WithCancel", "WithCancelCause", "WithDeadline", "WithDeadlineCause", "WithTimeout",
		"WithTimeoutCause", "AfterFunc", "Cause", "WithoutCancel",
	}},
	"math/rand": {name: "rand", shim: "rand", alias: "explore__rand", keep: "Source", names: []string{
		"ExpFloat64", "Float32", "Float64", "Int", "Int31", "Int31n", "Int63", "Int63n", "Intn", "NormFloat64",
		"Perm", "Read", "Seed", "Shuffle", "Uint32", "Uint64",
	}},
	"math/rand/v2": {name: "rand", shim: "rand/v2", alias: "explore__rand2", keep: "Source", names: []string{
		"ExpFloat64", "Float32", "Float64", "Int", "Int32", "Int32N", "Int64", "Int64N", "IntN", "N",
		"NormFloat64", "Perm", "Shuffle", "Uint", "Uint32", "Uint32N", "Uint64", "Uint64N", "UintN",
	}},
	"hash/maphash": {name: "maphash", shim: "maphash", alias: "explore__maphash", keep: "Hash", names: []string{
		"Seed", "MakeSeed", "Hash", "Bytes", "String", "Comparable", "WriteComparable",
	}},
	"crypto/rand": {name: "rand", shim: "crypto/rand", alias: "explore__crypto_rand", keep: "Reader", value: true},
	"os": {name: "os", shim: "os", alias: "explore__os", keep: "File", names: []string{
		"Getenv", "LookupEnv", "Environ", "ExpandEnv", "Setenv", "Unsetenv", "Clearenv",
		"TempDir", "MkdirTemp", "CreateTemp", "Open", "Create", "OpenFile", "ReadFile", "WriteFile", "ReadDir",
		"Stat", "Lstat", "Readlink", "Getwd", "Chdir", "Mkdir", "MkdirAll", "Remove", "RemoveAll", "Rename",
		"Truncate", "Link", "Symlink", "Chmod", "Chown", "Chtimes", "CopyFS", "OpenRoot", "OpenInRoot", "Getpid", "Getppid", "FindProcess", "Pipe",
	}},
	"syscall": {name: "syscall", shim: "syscall", alias: "explore__syscall", keep: "Errno", names: []string{
		"Kill", "Getpid", "Getppid",
	}},
	"reflect":   {name: "reflect", shim: "reflect", alias: "explore__reflect", keep: "Type", names: []string{"Select"}},
	"os/signal": {name: "signal", shim: "signal", alias: "explore__signal", keep: "Notify", value: true},
	"io": {name: "io", shim: "io", alias: "explore__io", keep: "Reader", names: []string{
		"Pipe", "PipeReader", "PipeWriter",
	}},
	"net": {name: "net", shim: "net", alias: "explore__net", keep: "Conn", names: []string{
		"Pipe", "Listen", "ListenPacket", "ListenConfig", "Dial", "DialTimeout", "Dialer",
		"TCPConn", "TCPListener", "ListenTCP", "DialTCP", "UDPConn", "ListenUDP", "DialUDP", "ListenMulticastUDP",
		"UnixConn", "UnixListener", "ListenUnix", "DialUnix", "ListenUnixgram",
		"LookupHost", "LookupIP", "ResolveTCPAddr", "ResolveUDPAddr", "Interfaces", "InterfaceAddrs",
	}},
	"io/ioutil": {name: "ioutil", shim: "ioutil", alias: "explore__ioutil", keep: "Discard", value: true, names: []string{
		"ReadFile", "WriteFile", "ReadDir", "TempDir", "TempFile",
	}},
	"fmt": {name: "fmt", shim: "fmt", alias: "explore__fmt", keep: "Stringer", output: true, names: []string{
		"Print", "Println", "Printf",
	}},
	"expvar": {name: "expvar", shim: "expvar", alias: "explore__expvar", keep: "Var", names: []string{
		"Int", "Float", "String", "Map", "NewInt", "NewFloat", "NewString", "NewMap",
	}},
	"testing/synctest": {
		name: "synctest", shim: "synctest", alias: "explore__synctest", keep: "Test", value: true, suite: true,
	},
	"testing/slogtest": {name: "slogtest", shim: "slogtest", alias: "explore__slogtest", keep: "Run", value: true, suite: true,
		names: []string{"Run"}},
	"testing/quick": {name: "quick", shim: "quick", alias: "explore__quick", keep: "Config", names: []string{
		"Check", "CheckEqual",
	}},
	"testing": {
		name: "testing", shim: "testing", alias: "explore__testing", keep: "TB", suite: true,
		names:    []string{"T", "F", "InternalTest", "RunTests", "AllocsPerRun", "Benchmark"},
		anywhere: []string{"AllocsPerRun", "Benchmark"},
	},
}

// bubble is the look-alike of testing/synctest outside of suites, where go test calls the tests with its
// own testing.T.
var bubble = lookAlike{name: "synctest", shim: "bubble", alias: "explore__bubble", keep: "Test", value: true}

// has reports whether the look-alike stands for a name.
func (l lookAlike) has(name string) bool { return l.names == nil || slices.Contains(l.names, name) }

// lookAlikeOf returns the look-alike that stands for a name of a package, if there is one.
func (w *writer) lookAlikeOf(path, name string, at token.Pos) (like lookAlike, ok bool) {
	if w.pkg.Standard && path == "sync" {
		return w.ofSync(name, at)
	}
	if path == "testing/synctest" && w.pkg.suite == nil {
		return bubble, true
	}
	like, ok = lookAlikes[path]
	return like, ok && like.has(name) && (!like.output || w.pkg.readsOutput && !w.pkg.Standard) && (!like.suite || w.pkg.suite != nil || slices.Contains(like.anywhere, name))
}

// ofSync returns the look-alike for a name of package sync in an instrumented package. Pools only save
// memory, and are empty, see package unpooled. The Onces among the package variables are done by the
// first schedule for all, and their functions take no step; a Once in a struct is under control, as
// other goroutines wait for its function. The only Map that a program reaches, of an rpc.Server, may
// have been filled before the first schedule, which the look-alike would forget, so Maps stay standard.
func (w *writer) ofSync(name string, at token.Pos) (like lookAlike, ok bool) {
	switch name {
	case "Pool":
		return unpooled, true
	case "Map":
		return like, false
	case "Once":
		return lookAlikes["sync"], slices.ContainsFunc(w.file.Decls, func(d ast.Decl) bool {
			g, ok := d.(*ast.GenDecl)
			return ok && g.Tok == token.TYPE && g.Pos() <= at && at < g.End()
		})
	}
	return lookAlikes["sync"], lookAlikes["sync"].has(name)
}

// unpooled is the look-alike for the Pools of instrumented packages.
var unpooled = lookAlike{name: "sync", shim: "unpooled", alias: "explore__unpooled", keep: "Locker"}

// use has the file import a look-alike, and returns its alias.
func (w *writer) use(like lookAlike) string {
	w.uses[like.alias] = engine + "/shim/" + like.shim
	return like.alias
}

// qualified rewrites sync.Mutex to the look-alike's, if there is one for the name. It replaces the
// package name only and leaves the selector, so a method, a type and a function are all one case.
// The types decide and not the text: a local variable may have the name of a package.
func (w *writer) qualified(s *ast.SelectorExpr) {
	x, ok := s.X.(*ast.Ident)
	if !ok {
		return
	}
	p, ok := w.pkg.info.Uses[x].(*types.PkgName)
	if !ok {
		return
	}
	w.hidden[s.Sel] = true
	if like, ok := w.lookAlikeOf(p.Imported().Path(), s.Sel.Name, s.Pos()); ok {
		alias := w.use(like)
		w.replace(x.Pos(), x.End(), func() string { return alias })
	}
}

// methods are types of the standard library that stay, with the methods that are rewritten and the
// look-alike that has them.
var methods = map[string][]string{
	"os.File": {
		"Read", "ReadAt", "Write", "WriteAt", "WriteString", "ReadFrom", "WriteTo", "Seek", "Close", "Sync", "Stat",
		"Truncate", "ReadDir", "Readdir", "Readdirnames", "Chdir", "SetDeadline", "SetReadDeadline", "SetWriteDeadline",
	},
	"os.Root": {
		"Close", "OpenRoot", "Open", "Create", "OpenFile", "ReadFile", "WriteFile", "Stat", "Lstat", "Readlink", "Mkdir",
		"MkdirAll", "Remove", "RemoveAll", "Rename", "Link", "Symlink", "Chmod", "Chown", "Lchown", "Chtimes",
	},
	"os.Process":    {"Signal", "Kill", "Release", "Wait"},
	"reflect.Value": {"Send", "TrySend", "Recv", "TryRecv", "Close", "Len"},
}

// method rewrites f.Read, where f is an *os.File, to explore__os.On(f).Read. The type stays the
// standard one, as functions of the standard library take it.
func (w *writer) method(s *ast.SelectorExpr) {
	if w.pkg.info.Types[s.X].IsType() {
		return
	}
	t := types.Unalias(w.pkg.info.TypeOf(s.X))
	p, pointer := t.(*types.Pointer)
	if pointer {
		t = types.Unalias(p.Elem())
	}
	n, ok := t.(*types.Named)
	if !ok || n.Obj().Pkg() == nil {
		return
	}
	path := n.Obj().Pkg().Path()
	if !slices.Contains(methods[path+"."+n.Obj().Name()], s.Sel.Name) {
		return
	}
	on := ".On("
	if name := n.Obj().Name(); name == "Root" || name == "Process" {
		on = ".On" + name + "("
	}
	star := "" // the look-alike takes an *os.File and a reflect.Value
	switch isValue := path == "reflect"; {
	case isValue && pointer:
		star = "*"
	case !isValue && !pointer:
		return
	}
	alias := w.use(lookAlikes[path])
	w.replace(s.X.Pos(), s.X.End(), func() string { return alias + on + star + w.node(s.X) + ")" })
}

// unqualified does the same for a name that a dot import has brought into the file. A selected name
// is hidden by qualified, which visits the outer node first.
func (w *writer) unqualified(id *ast.Ident) {
	object := w.pkg.info.Uses[id]
	if object == nil || object.Pkg() == nil || w.hidden[id] ||
		object.Parent() != object.Pkg().Scope() {
		return
	}
	if like, ok := w.lookAlikeOf(object.Pkg().Path(), id.Name, id.Pos()); ok {
		alias := w.use(like)
		w.replace(id.Pos(), id.End(), func() string { return alias + "." + id.Name })
	}
}

// keepImports returns declarations that use each standard package with a look-alike once: if all
// its names were rewritten, its import would be an error. Removing the import would be shorter. But
// an import also runs init functions, and the package may be used by names that stay standard.
func (w *writer) keepImports() string {
	var b strings.Builder
	for _, spec := range w.file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		like, ok := lookAlikes[path]
		used := w.uses[like.alias] != "" || path == "sync" && w.uses[unpooled.alias] != "" ||
			path == "testing/synctest" && w.uses[bubble.alias] != ""
		if !ok || !used {
			continue
		}
		name := like.name + "."
		if spec.Name != nil {
			name = spec.Name.Name + "."
		}
		switch name {
		case "_.":
			continue
		case "..":
			name = ""
		}
		if like.value {
			name = "= " + name
		}
		fmt.Fprintf(&b, "\nvar _ %s%s\n", name, like.keep)
	}
	return b.String()
}

// refuse notes a construct that cannot be rewritten. Only the first is reported. The walk goes on
// after a refusal, so that no caller has to stop it. The text is never made then.
func (w *writer) refuse(at token.Pos, format string, args ...any) {
	if w.refusal == nil {
		w.refusal = fmt.Errorf("%v: %s", w.pkg.fset.Position(at), fmt.Sprintf(format, args...))
	}
}
