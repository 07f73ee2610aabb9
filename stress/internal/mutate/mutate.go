// Package mutate makes mutants of a Go package: copies with one small change each, which a good test
// ought to notice.
//
//	mutants, err := mutate.Package(mutate.Source{
//		Files:    map[string]string{"queue.go": text},
//		Importer: mutate.Standard(),
//	})
//	for _, m := range mutants {
//		fmt.Println(m.Where(), m.Operator)
//		fmt.Print(m.Diff())
//	}
//
// The operators come from the literature (conditions, boundaries, constants, statements left
// out), and from bugs of concurrent code: a lock held for less, a wake-up that reaches another
// number of waiters, an atomic operation in two parts, a loop around a wait made an if. [Operators]
// lists them. The package knows Go and its standard library, and no subject.
//
// Every mutant compiles: it was parsed and type-checked together with the rest of its package. If a
// change leaves a variable or an import without a use, the mutant gets a blank use of it. Otherwise
// exactly the changes that drop the last look at a result would be lost.
//
// # What this does not show
//
// Some mutants behave as the original in every run. This package leaves out a mutant only if it
// recognizes one of these: the same text as another mutant or as the original, and the exchange of statements
// that touch nothing in common. A person has to judge the others. Mutants are small; a defect of
// a design needs several changes at once and is not among them.
package mutate

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// A Source is the text of a package, without its tests. Tests are left out, because a mutant of a
// test says nothing about the code.
type Source struct {
	Files    map[string]string // by name
	Only     []string          // change only these files; nil means all
	Importer types.Importer    // resolves the imports of the files
	Version  string            // of the language, as in "go1.21"; "" is the newest
}

// A Mutant is a package with one change, in one file. It keeps the whole text of the changed file
// and not only the change, so it can be compiled as it is.
type Mutant struct {
	ID       string // short, and the same after changes elsewhere in the file
	Operator string // one of Operators
	File     string // the name of the changed file
	Line     int    // in the original file
	Func     string // the function or declaration that was changed, as in "(*queue).push"
	Text     string // the changed file

	original string
}

// Where returns the position of the change in the original.
func (m Mutant) Where() string { return fmt.Sprintf("%s:%d", m.File, m.Line) }

// Diff returns the lines that the mutant leaves out and the lines that it adds, after "-" and "+".
func (m Mutant) Diff() string { return diff(m.original, m.Text) }

// Package returns the mutants of a package in the order of its text. The error says that the source
// itself does not compile. The same source gives the same mutants in the same order, so a sample is
// drawn by numbers.
func Package(s Source) ([]Mutant, error) {
	all, _, err := apply(s, (*walker).walk)
	return all, err
}

// Synchronization returns the mutants of a package in which one place of its synchronization is
// broken, see SynchronizationOperators. Broken counts the changes that do not compile and so gave no
// mutant. Order, names and error are as of Package.
func Synchronization(s Source) (mutants []Mutant, broken int, err error) {
	return apply(s, (*walker).walkSynchronization)
}

// apply returns the mutants that a walk over each file gives.
func apply(s Source, walk func(*walker)) (all []Mutant, broken int, err error) {
	c, err := newCompiler(s)
	if err != nil {
		return nil, 0, err
	}
	c.walk = walk
	names := s.Only
	if names == nil {
		names = slices.Sorted(maps.Keys(s.Files))
	}
	for _, name := range names {
		if c.files[name] == nil {
			return nil, 0, fmt.Errorf("mutate: no file %s in the source", name)
		}
		all = append(all, c.mutants(name)...)
	}
	return all, c.broken, nil
}

// walk applies every operator. The order decides which name a text gets that several operators
// make, see compiler.mutants. The lists of statements are made once, for the three operators that
// go through them.
func (w *walker) walk() {
	lists := statementLists(w.file)
	w.lockScopes(lists)
	w.locks()
	w.waitLoops()
	w.siblings()
	w.atomics()
	w.cases()
	w.defers()
	w.conditions()
	w.numbers()
	w.returns()
	w.drops(lists)
	w.swaps(lists)
}

// mutants returns the mutants of one file. Several operators may make the same text, as moving an
// Unlock up and exchanging two statements do. The first one counts, so operators with the more
// telling names come first in walk.
func (c *compiler) mutants(name string) (all []Mutant) {
	file, text := c.files[name], c.Files[name]
	seen := map[string]bool{normal(text): true}
	used := map[string]int{}
	w := &walker{fset: c.fset, file: file, text: text, info: c.info}
	c.walk(w)
	for _, change := range w.changes {
		mutated, ok := c.compile(name, change.apply(text))
		if !ok {
			c.broken++
			continue
		}
		if key := normal(mutated); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		m := Mutant{
			Operator: change.operator, File: name, Line: c.fset.Position(change.at).Line,
			Func: enclosing(file, change.at), Text: mutated, original: text,
		}
		m.ID = m.id(used)
		all = append(all, m)
	}
	slices.SortStableFunc(all, func(a, b Mutant) int { return cmp.Compare(a.Line, b.Line) })
	return all
}

// id names a mutant by what was changed where, without line numbers: results that are kept in a
// file stay valid when lines are added above. The same change twice in one function gets a number.
// Only the last part of the path counts, which is unique in a package: the name of a mutant is then the same in
// every clone, and a command that names it works on other machines.
func (m Mutant) id(used map[string]int) string {
	key := filepath.Base(m.File) + "\n" + m.Func + "\n" + m.Operator + "\n" + m.Diff()
	used[key]++
	if n := used[key]; n > 1 {
		key += fmt.Sprint(n)
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(key)))[:8]
}

// A compiler type-checks mutants. The other files of the package are parsed once. All parses share
// one FileSet. Positions of a mutant's errors are found by it; they do not mix with positions of
// the original, since each parse has a range of its own.
type compiler struct {
	Source
	fset   *token.FileSet
	files  map[string]*ast.File
	info   *types.Info
	walk   func(*walker) // collects the changes of a file
	broken int           // changes that do not compile
}

// The types of the original are kept for the operators. The types of a mutant are checked and not
// kept.
func newCompiler(s Source) (*compiler, error) {
	c := &compiler{Source: s, fset: token.NewFileSet(), files: map[string]*ast.File{}, info: &types.Info{
		Types:      map[ast.Expr]types.TypeAndValue{},
		Uses:       map[*ast.Ident]types.Object{},
		Defs:       map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}}
	for name, text := range s.Files {
		file, err := parser.ParseFile(c.fset, name, text, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("mutate: %w", err)
		}
		c.files[name] = file
	}
	if errs := c.check(c.files, c.info); len(errs) > 0 {
		return nil, fmt.Errorf("mutate: the source does not compile: %w", errs[0])
	}
	return c, nil
}

// check returns the errors of the types, in the order of their positions. The package is checked as
// a whole, not the changed file alone: a change of a type or a declaration may break its users.
// Importer keeps the packages that it has imported, so only the first check pays for them.
func (c *compiler) check(files map[string]*ast.File, info *types.Info) (errs []types.Error) {
	conf := types.Config{Importer: c.Importer, GoVersion: c.Version, Error: func(err error) {
		var e types.Error
		if !errors.As(err, &e) {
			e = types.Error{Msg: err.Error()}
		}
		errs = append(errs, e)
	}}
	var list []*ast.File
	for _, name := range slices.Sorted(maps.Keys(files)) {
		list = append(list, files[name])
	}
	// Check returns the first of the errors that went to conf.Error.
	_, _ = conf.Check("mutated", c.fset, list, info)
	return errs
}

// maxRepairs bounds the blank uses that a mutant may get. A change of one statement takes the last
// use from a few variables at most. The last round only checks, so one blank use fewer than this is
// possible.
const maxRepairs = 4

// compile returns the text of a mutant that compiles, with blank uses if it needs them. It reports
// false if the text cannot be made to compile so. It repairs one error in a round, because an edit
// moves the positions of the other errors.
func (c *compiler) compile(name, text string) (string, bool) {
	for range maxRepairs {
		fset := c.fset
		file, err := parser.ParseFile(fset, name, text, parser.ParseComments)
		if err != nil {
			return "", false
		}
		files := maps.Clone(c.files)
		files[name] = file
		errs := c.check(files, nil)
		if len(errs) == 0 {
			return text, true
		}
		repair, ok := unused(fset, file, errs[0])
		if !ok {
			return "", false
		}
		text = repair.apply(text)
	}
	return "", false
}

// unused returns the blank use that mends an error about an unused variable or import.
//
// The errors are told by their words: types.Error exports no code for the kind. Should a release of
// Go change the words, mutants would be missing, and TestOperators fails on the ones with blank
// uses.
func unused(fset *token.FileSet, file *ast.File, e types.Error) (change, bool) {
	offset := func(p token.Pos) int { return fset.Position(p).Offset }
	switch {
	case strings.Contains(e.Msg, "imported and not used"):
		// A blank import keeps the package and needs no use. A renamed import would have two names,
		// which does not parse, and gives no mutant.
		return change{edits: []edit{{offset(e.Pos), offset(e.Pos), "_ "}}}, true
	case strings.HasPrefix(e.Msg, "declared and not used: "):
		name := strings.TrimPrefix(e.Msg, "declared and not used: ")
		// The blank use follows the statement that declares the variable. A variable of the header of
		// an if or for has no such place.
		for _, list := range statementLists(file) {
			for _, s := range list {
				if e.Pos < s.Pos() || e.Pos >= s.End() || !declares(s, e.Pos) {
					continue
				}
				end := offset(s.End())
				return change{edits: []edit{{end, end, "; _ = " + name}}}, true
			}
		}
	}
	return change{}, false
}

// declares reports whether a statement of a list declares the variable whose name is at a position.
func declares(s ast.Stmt, at token.Pos) bool {
	switch s := s.(type) {
	case *ast.AssignStmt:
		return slices.ContainsFunc(s.Lhs, func(x ast.Expr) bool { return x.Pos() == at })
	case *ast.DeclStmt:
		return s.Decl.(*ast.GenDecl).Tok == token.VAR
	}
	return false
}

// normal returns the tokens of a text, without comments and layout, to compare mutants. Printing
// the text as gofmt does would cost as much as the type check. Two texts with equal tokens are the
// same program, so equal keys never drop a mutant that differs.
func normal(text string) string {
	fset := token.NewFileSet()
	var s scanner.Scanner
	s.Init(fset.AddFile("", -1, len(text)), []byte(text), nil, 0)
	var b strings.Builder
	for {
		_, tok, literal := s.Scan()
		switch {
		case tok == token.EOF:
			return b.String()
		case tok == token.SEMICOLON: // its literal says whether it was a newline
			b.WriteString("; ")
		case literal != "":
			b.WriteString(literal + " ")
		default:
			b.WriteString(tok.String() + " ")
		}
	}
}

// enclosing returns the name of the declaration around a position. It is a part of the name of a
// mutant, and so must not depend on lines. A declaration of several variables is named by its
// first.
func enclosing(file *ast.File, at token.Pos) string {
	for _, d := range file.Decls {
		if at < d.Pos() || at >= d.End() {
			continue
		}
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil || len(d.Recv.List) == 0 {
				return d.Name.Name
			}
			return "(" + types.ExprString(d.Recv.List[0].Type) + ")." + d.Name.Name
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if at < s.Pos() || at >= s.End() {
					continue
				}
				switch s := s.(type) {
				case *ast.TypeSpec:
					return s.Name.Name
				case *ast.ValueSpec:
					return s.Names[0].Name
				}
			}
		}
	}
	return ""
}
