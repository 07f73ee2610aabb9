package duel

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A mention is everything in Go source that tells which files the source may
// read: its string literals, apart from imports, and its identifiers.
type mention struct {
	literals map[string]bool // contents of string literals
	names    map[string]bool // identifiers; "http.Dir" where another one and a dot precede it
}

// mentionsOf scans Go source. Comments are no part of it. Source with errors is scanned as far as
// the scanner understands it; a compiler refuses it anyway. Names and literals are collected
// without their places: the only question is whether some code could open a file.
func mentionsOf(name string, source []byte, into *mention) {
	file := token.NewFileSet().AddFile(name, -1, len(source))
	var s scanner.Scanner
	s.Init(file, source, func(token.Position, string) {}, 0)
	qualifier, before, dotted := "", token.ILLEGAL, false
	imports, group := false, false // inside an import declaration, with parentheses
	for {
		_, tok, lit := s.Scan()
		switch {
		case tok == token.EOF:
			return
		case tok == token.IMPORT:
			imports, group = true, false
		case imports && tok == token.LPAREN:
			group = true
		case imports && (tok == token.RPAREN || tok == token.SEMICOLON && !group):
			imports = false
		case imports:
		case tok == token.STRING:
			if text, err := strconv.Unquote(lit); err == nil {
				into.literals[text] = true
			}
		case tok == token.IDENT:
			into.names[lit] = true
			if dotted {
				into.names[qualifier+"."+lit] = true
			}
			qualifier = lit
		}
		dotted = tok == token.PERIOD && before == token.IDENT
		before = tok
	}
}

// A reader holds the facts in the source of a test binary, without the standard library, that tell
// which files its benchmarks may read.
type reader struct {
	mention
	dir     string          // of the package, below the top of the side, with slashes
	imports map[string]bool // packages of the standard library
	locates []string        // packages that find their own source and open files
}

// harmless are packages of the standard library that open no file that their
// caller names. A name that ends in a slash stands for all packages below it.
// Package testing is among them: its files are named by flags of the command line.
var harmless = []string{"bufio", "bytes", "cmp", "compress/", "container/", "context", "crypto",
	"crypto/aes", "crypto/cipher", "crypto/ecdsa", "crypto/ed25519", "crypto/hmac", "crypto/md5",
	"crypto/rand", "crypto/rsa", "crypto/sha1", "crypto/sha256", "crypto/sha3", "crypto/sha512",
	"crypto/subtle", "embed", "encoding", "encoding/", "errors", "flag", "fmt", "go/ast",
	"go/constant", "go/format", "go/scanner", "go/token", "hash", "hash/", "html", "image", "image/",
	"io", "io/fs", "iter", "log", "log/slog", "maps", "math", "math/", "mime", "mime/multipart", "mime/quotedprintable", "net", "net/netip", "net/url",
	"path", "reflect", "regexp", "regexp/syntax", "runtime", "runtime/debug", "runtime/metrics",
	"slices", "sort", "strconv", "strings", "structs", "sync", "sync/atomic", "testing",
	"testing/iotest", "testing/quick", "testing/synctest", "text/scanner", "text/tabwriter",
	"time", "unicode", "unicode/", "unique", "unsafe", "weak"}

// opensFiles reports whether the binary can open a file that its own code
// names. That takes a package of the standard library which opens files. A
// package that is not in the list counts as opening files, so a new one of a
// later Go release is safe.
//
// The list names harmless packages and not dangerous ones. A harmless package that is missing costs
// a measurement; a dangerous package missing from the opposite list would hide a change.
func (r *reader) opensFiles() bool {
	for path := range r.imports {
		if !isHarmless(path) {
			return true
		}
	}
	return false
}

// isHarmless reports whether a package of the standard library is in the list.
func isHarmless(path string) bool {
	return slices.ContainsFunc(harmless, func(h string) bool {
		return path == h || strings.HasSuffix(h, "/") && strings.HasPrefix(path, h)
	})
}

var (
	// readingFolders are functions that find files which no code names: they list
	// folders, or give a folder away as a whole.
	readingFolders = []string{"ReadDir", "Readdir", "Readdirnames", "Walk", "WalkDir", "Glob", "ParseGlob",
		"ParseDir", "DirFS", "FileServer", "FileServerFS", "OpenRoot", "CopyFS", "AddFS", "http.Dir",
		"Getdents", "ReadDirent", "StartProcess", "ForkExec", "syscall.Exec", "unix.Exec"}

	// runningTools are packages that start programs or read whole builds.
	runningTools = []string{"os/exec", "go/build", "go/importer", "plugin"}

	// findingSource are functions that tell a program where its own source is, and
	// opening are functions that read it.
	findingSource = []string{"Caller", "Callers", "CallersFrames", "FuncForPC"}
	opening       = []string{"Open", "OpenFile", "ReadFile", "ParseFile", "ParseFiles", "OpenReader"}
)

// hasAny returns the first of some words that is in a set, or "".
func hasAny(set map[string]bool, words []string) string {
	if i := slices.IndexFunc(words, func(w string) bool { return set[w] }); i >= 0 {
		return words[i]
	}
	return ""
}

// mayRead returns why the benchmarks may read one of the changed files, or "" if
// they read none. changed are paths below the top of the side, with slashes.
//
// The answer is yes in case of doubt: code that lists folders or starts programs may read any file;
// a file in the testdata of the package may be read by any code that opens files; and any other
// file may be read if a string literal could be part of its name.
func (r *reader) mayRead(changed []string) string {
	if !r.opensFiles() {
		return ""
	}
	if r.literals["git"] || r.namesFolder(".git") {
		return "the code may ask git, which knows another revision on either side"
	}
	if r.leaves() {
		return "the code may read files outside of the folders that were compared"
	}
	if len(changed) == 0 {
		return ""
	}
	word := hasAny(r.names, readingFolders)
	if word == "" {
		word = hasAny(r.imports, runningTools)
	}
	if word != "" {
		return "the code uses " + word + ", so it may read " + changed[0] + ", which differs"
	}
	for _, path := range changed {
		if r.mayOpen(path) {
			return "the code may read " + path + ", which differs"
		}
	}
	return ""
}

// readsItself reports whether the code may read the file of its own binary. Two
// binaries that differ only in where their code lies are different files.
func (r *reader) readsItself() bool {
	return r.opensFiles() && (r.names["Executable"] || r.names["os.Args"]) && hasAny(r.names, opening) != ""
}

// mayOpen reports whether the code may name one file. A name may be put
// together at run time. So a literal counts if it could be the beginning or the
// end of the name.
//
// Every rule errs towards measuring. A literal that could be part of the name causes a measurement,
// and a needless measurement costs seconds.
func (r *reader) mayOpen(path string) bool {
	if strings.HasPrefix(path, strings.TrimPrefix(r.dir+"/testdata/", "./")) {
		return true
	}
	folders := strings.Split(path, "/")
	base := folders[len(folders)-1]
	folders = folders[:len(folders)-1]
	if filepath.Ext(base) == ".go" {
		// A package is often called like its files, so part of a name proves
		// nothing. But no name of Go source can do without its end.
		return r.contain(".go") || len(r.locates) > 0
	}
	if ext := filepath.Ext(base); len(ext) > 1 && r.contain(ext) {
		return true
	}
	for _, folder := range folders {
		if r.namesFolder(folder) {
			return true
		}
	}
	for literal := range r.literals {
		parts := components(literal)
		first, last := parts[0], parts[len(parts)-1]
		if last == base || len(last) >= shortestPart && strings.HasPrefix(base, last) ||
			len(first) >= shortestPart && strings.HasSuffix(base, first) {
			return true
		}
	}
	return false
}

// leaves reports whether a literal is a path that leads out of the top of the
// side, when it is taken from the folder of the package.
func (r *reader) leaves() bool {
	for literal := range r.literals {
		if strings.HasPrefix(literal, "..") &&
			!filepath.IsLocal(filepath.Join(filepath.FromSlash(r.dir), filepath.FromSlash(literal))) {
			return true
		}
	}
	return false
}

// shortestPart is the shortest literal that is taken for a part of the name of a
// file. Shorter ones are in every program; they count only as a whole name.
const shortestPart = 3

// contain reports whether a literal contains text.
func (r *reader) contain(text string) bool {
	for literal := range r.literals {
		if strings.Contains(literal, text) {
			return true
		}
	}
	return false
}

// namesFolder reports whether a literal has a folder among its components.
func (r *reader) namesFolder(folder string) bool {
	for literal := range r.literals {
		if slices.Contains(components(literal), folder) {
			return true
		}
	}
	return false
}

// components splits a literal at slashes of both kinds.
func components(literal string) []string {
	return strings.Split(strings.ReplaceAll(literal, `\`, "/"), "/")
}

// changedBenchmarks returns a function that says how a benchmark function of a package differs
// between the sides: in its own text, in other code of its test files, or in the testdata of its
// package. It returns "" where nothing differs. The text of functions is compared without comments
// and spaces, since those change no benchmark.
//
// Other code counts only if the benchmark mentions it, or the code that it mentions does. Otherwise one more table of a
// test would warn of every benchmark of its package. A mention is a name in the source: a local variable of that name
// counts too, so that no code that runs is missed. TestMain and init run with every benchmark.
func (m *measurer) changedBenchmarks(path string) func(function string) string {
	old, new := testSource(m.old.packages[path]), testSource(m.new.packages[path])
	data := differingTestdata(m.old.packages[path].Dir, m.new.packages[path].Dir)
	return func(function string) string {
		var what []string
		if old[function].text != new[function].text {
			what = append(what, "the source of the benchmark itself differs between the sides")
		}
		for name := range mentionedFrom(new, function, "TestMain", "init") {
			if d, both := old[name]; both && name != function && d.text != new[name].text {
				what = append(what, "other code in the test files of its package differs")
				break
			}
		}
		if data != "" {
			what = append(what, data+" differs, which it may read")
		}
		return strings.Join(what, ", and ")
	}
}

// A declared holds the declarations of one name in the test files of a package. A method has its own name and
// the name of its type: a value of the type brings all of its methods, and the type of a method in a test
// file may be one of the program.
type declared struct {
	text     string
	mentions []string
}

// testSource returns what is declared at the top level of the test files of a package, by name. A
// file that cannot be parsed has nothing: its package does not build, and the report says so. A
// declaration of several names has its whole text under each of them: iota and a missing type take
// their meaning from the lines above.
func testSource(p pkg) map[string]declared {
	all := map[string]declared{}
	files := token.NewFileSet()
	for _, name := range append(slices.Clone(p.TestGoFiles), p.XTestGoFiles...) {
		f, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		for _, d := range f.Decls {
			if general, ok := d.(*ast.GenDecl); ok && general.Tok == token.IMPORT {
				continue
			}
			var text bytes.Buffer
			// Without comments: those are in f.Comments alone, and a node is printed without its
			// file.
			_ = printer.Fprint(&text, token.NewFileSet(), withoutDoc(d))
			var mentions []string
			ast.Inspect(d, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					mentions = append(mentions, id.Name)
				}
				return true
			})
			for _, name := range namesOf(d) {
				x := all[name]
				x.text += strings.Join(strings.Fields(text.String()), " ") + "\n"
				x.mentions = append(x.mentions, mentions...)
				all[name] = x
			}
		}
	}
	return all
}

// namesOf returns the names by which a declaration is mentioned.
func namesOf(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return []string{d.Name.Name}
		}
		names = append(names, d.Name.Name)
		ast.Inspect(d.Recv, func(n ast.Node) bool { // the type may be a pointer, and have parameters
			if id, ok := n.(*ast.Ident); ok {
				names = append(names, id.Name)
			}
			return true
		})
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, id := range s.Names {
					names = append(names, id.Name)
				}
			}
		}
	}
	return names
}

// mentionedFrom returns the names that some declarations mention, directly or not, and their own.
func mentionedFrom(all map[string]declared, names ...string) map[string]bool {
	seen := map[string]bool{}
	for len(names) > 0 {
		name := names[len(names)-1]
		names = names[:len(names)-1]
		if d, known := all[name]; known && !seen[name] {
			seen[name] = true
			names = append(names, d.mentions...)
		}
	}
	return seen
}

// withoutDoc returns a declaration without the comment before it.
func withoutDoc(d ast.Decl) ast.Decl {
	switch d := d.(type) {
	case *ast.FuncDecl:
		d.Doc = nil
	case *ast.GenDecl:
		d.Doc = nil
	}
	return d
}

// differingTestdata names a file below testdata that differs between two folders of a package, or
// that only one of them has. It returns "" if there is none.
func differingTestdata(old, new string) (name string) {
	for _, sides := range [][2]string{{old, new}, {new, old}} {
		top := filepath.Join(sides[0], "testdata")
		err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			rel, err := filepath.Rel(sides[0], path)
			if err == nil && !equalFiles(path, filepath.Join(sides[1], rel)) {
				name = filepath.ToSlash(rel)
				return fs.SkipAll
			}
			return err
		})
		if name != "" || err != nil && !errors.Is(err, fs.ErrNotExist) {
			return name
		}
	}
	return ""
}

// equalFiles compares two files. Links are equal if they have the same target
// inside of their tree; what the target holds is compared there. Anything that
// cannot be read differs.
func equalFiles(a, b string) bool {
	infoA, errA := os.Lstat(a)
	infoB, errB := os.Lstat(b)
	if errA != nil || errB != nil || infoA.Mode().Type() != infoB.Mode().Type() {
		return false
	}
	if infoA.Mode()&fs.ModeSymlink != 0 {
		targetA, errA := os.Readlink(a)
		targetB, errB := os.Readlink(b)
		return errA == nil && errB == nil && targetA == targetB && !strings.Contains(targetA, "..")
	}
	if !infoA.Mode().IsRegular() || infoA.Size() != infoB.Size() {
		return false
	}
	textA, errA := os.ReadFile(a)
	textB, errB := os.ReadFile(b)
	return errA == nil && errB == nil && bytes.Equal(textA, textB)
}
