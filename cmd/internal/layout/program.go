package layout

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/semabench/semabench/internal/excerpt"
	"github.com/semabench/semabench/internal/gotool"
)

// A Linker builds the program of one table of implementations. It is not safe for concurrent use:
// each Build replaces the program of the one before.
type Linker struct {
	Constructors []Constructor // with the import paths and names that New found

	main   Main
	tmp    string // has every file that is written
	root   string // folder of the module in which the program is built
	origin string // folder of the user's go.mod or go.work, of which tmp has a copy
	dir    string // folder of the program, in the overlay
	tool   gotool.Tool
}

// program is the folder of the program in the overlay. The binary contains the name, so it is
// always the same: equal code has to make equal bytes.
const program = "semabench_sample"

// overlay returns the path of the overlay for the go command.
func (l *Linker) overlay() string { return filepath.Join(l.tmp, "overlay.json") }

// writeProgram writes the source of the program into the temporary folder, and the overlay that
// shows it to the go command as a folder of the module. The folder exists only in the overlay, so
// nothing of the user's module sees it.
//
// A package below a folder named internal can be imported only from within its parent, so the
// program appears beside it. With constructors in two such places the go command refuses one of
// them, and names it.
func (l *Linker) writeProgram() error {
	l.dir = filepath.Join(l.root, program)
	for _, c := range l.Constructors {
		if c.private && c.dir != "" {
			l.dir = filepath.Join(c.dir, program) // only code below may import the package
		}
	}
	if _, err := os.Lstat(l.dir); err == nil {
		return fmt.Errorf("%s exists, and semabench needs the name for a program that it shows to "+
			"the go "+
			"command: rename it", l.dir)
	}
	overlay := gotool.Overlay{}
	for name, text := range map[string]string{"main.go": l.main.source(), tableFile: l.table("main")} {
		source := filepath.Join(l.tmp, name)
		if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
			return err
		}
		overlay[filepath.Join(l.dir, name)] = source
	}
	return overlay.WriteFile(l.overlay())
}

// A Main is a package of this suite with a function Main, to which the program passes its
// implementations.
type Main string

const (
	Sampler Main = suite + "/bench/sampler"        // takes samples for the verb run
	Player  Main = suite + "/cmd/semabench/player" // plays programs for the verb stress
)

func (m Main) source() string {
	return fmt.Sprintf(`package main

import (
	work %q
	"`+suite+`/impls"
	"`+suite+`/impls/process"
)

func main() { work.Main(append(append(impls.All(), process.All()...), Made()...)) }
`, m)
}

// tableFile is the file of the constructors. No other file of a user has this name, so a complaint
// about it is known to be about a constructor.
const tableFile = "semabench_table.go"

// firstImport is the line of tableFile that imports the package of the first constructor. explain
// counts from it.
const firstImport = 9

// table returns the text of tableFile for a package. Each constructor has a line in the imports and
// a line in the table, so that a line number in a complaint identifies it. The types are checked
// twice: the compiler finds functions that do not exist, and impls.From names missing methods.
//
// The text has no line that depends on the length of a name, because the lines of complaints are
// counted.
func (l *Linker) table(pkg string) string {
	var imports, table strings.Builder
	for i, c := range l.Constructors {
		fmt.Fprintf(&imports, "\tp%d %q\n", i, c.Path)
		if c.IsTable() {
			fmt.Fprintf(&table, "\tp%d.%s,\n", i, c.Func)
			continue
		}
		fmt.Fprintf(&table, "\tfunc() []impls.Impl { return one(%q, %q, p%d.%s) },\n", c.given, c.Name, i, c.Func)
	}
	return "package " + pkg + `

import (
	"fmt"
	"os"

	"` + suite + `/impls"

` + imports.String() + `)

var made = []func() []impls.Impl{
` + table.String() + `}

// Made returns the implementations of all constructors.
func Made() (all []impls.Impl) {
	for _, m := range made {
		all = append(all, m()...)
	}
	return all
}

func one(given, name string, construct any) []impls.Impl {
	impl, err := impls.From(name, construct)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", given, err)
		os.Exit(2)
	}
	return []impls.Impl{impl}
}

var _ = one
`
}

// firstUse is the line of tableFile that has the first constructor. Three lines stand between the
// last import and it: the parenthesis, an empty line, and the table.
func (l *Linker) firstUse() int { return firstImport + len(l.Constructors) + 3 }

var (
	programError = regexp.MustCompile(`^.*` + regexp.QuoteMeta(tableFile) + `:(\d+):\d+: (.*)$`)
	alias        = regexp.MustCompile(`\bp(\d+)\.`)
)

// explain translates what the compiler says about the program, which the user never sees, into
// what is wrong with the constructor on that line. Complaints about other files stay as they are.
//
// A user has never seen the program. A complaint about its line 9 would say nothing.
func (l *Linker) explain(complaint string) string {
	var explained []string
	for line := range strings.Lines(l.inUserTerms(complaint)) {
		line = strings.TrimRight(line, "\r\n")
		m := programError.FindStringSubmatch(line)
		if m == nil {
			if !strings.HasPrefix(line, "# ") { // a heading
				explained = append(explained, line)
			}
			continue
		}
		n, _ := strconv.Atoi(m[1])
		explained = append(explained, l.blame(n)+l.unalias(m[2])+l.suggest(n, m[2]))
	}
	const enough = 6
	return excerpt.Lines(strings.Join(explained, "\n"), enough)
}

// inUserTerms replaces the path of the copied go.mod by the path of the user's, and leaves out what the
// go command says while it loads modules.
func (l *Linker) inUserTerms(complaint string) string {
	var kept []string
	for line := range strings.Lines(complaint) {
		if !strings.HasPrefix(line, "go: downloading ") {
			kept = append(kept, strings.TrimRight(line, "\r\n"))
		}
	}
	return strings.ReplaceAll(strings.Join(kept, "\n"), l.tmp+string(filepath.Separator), l.origin+string(filepath.Separator))
}

// blame returns a prefix that names the constructor on a line of the program.
func (l *Linker) blame(line int) string {
	use, imported := line-l.firstUse(), line-firstImport
	switch {
	case use >= 0 && use < len(l.Constructors) && l.Constructors[use].IsTable():
		return l.Constructors[use].given + ": want func() []impls.Impl: "
	case use >= 0 && use < len(l.Constructors):
		return l.Constructors[use].given + ": "
	case imported >= 0 && imported < len(l.Constructors):
		return l.Constructors[imported].given + ": "
	}
	return ""
}

// suggest returns what the user may have meant, if complaint says that a package lacks the constructor on a line.
func (l *Linker) suggest(line int, complaint string) string {
	if use := line - l.firstUse(); use >= 0 && use < len(l.Constructors) && !l.Constructors[use].IsTable() &&
		complaint == fmt.Sprintf("undefined: p%d.%s", use, l.Constructors[use].Func) {
		return l.Constructors[use].others()
	}
	return ""
}

// unalias replaces the aliases p0, p1 and so on by the names of their packages.
func (l *Linker) unalias(s string) string {
	return alias.ReplaceAllStringFunc(s, func(p string) string {
		i, err := strconv.Atoi(p[1 : len(p)-1])
		if err != nil || i >= len(l.Constructors) {
			return p
		}
		return l.Constructors[i].pkg + "."
	})
}
