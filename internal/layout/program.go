package layout

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

func (l *Linker) overlay() string { return filepath.Join(l.tmp, "overlay.json") }

// writeProgram writes the program into the temporary folder, and the overlay that shows it in the module.
func (l *Linker) writeProgram() error {
	l.dir = filepath.Join(l.root, program)
	for _, c := range l.Constructors {
		if c.private && c.dir != "" {
			l.dir = filepath.Join(c.dir, program) // from where it may be imported
		}
	}
	if _, err := os.Lstat(l.dir); err == nil {
		return fmt.Errorf("%s exists, where semabench shows a program to the go tool: rename it", l.dir)
	}
	source := filepath.Join(l.tmp, "main.go")
	if err := os.WriteFile(source, []byte(l.source()), 0o600); err != nil {
		return err
	}
	overlay, err := json.Marshal(map[string]map[string]string{
		"Replace": {filepath.Join(l.dir, "main.go"): source},
	})
	if err != nil {
		return err
	}
	return os.WriteFile(l.overlay(), overlay, 0o600)
}

// firstImport is the line of the first constructor's import; explain counts from it.
const firstImport = 7

func (l *Linker) source() string {
	var imports, table strings.Builder
	for i, c := range l.Constructors {
		fmt.Fprintf(&imports, "\tp%d %q\n", i, c.Path)
		fmt.Fprintf(&table, "\ttable = append(table, sampler.Of(%q, p%d.%s))\n", c.Name, i, c.Func)
	}
	return "package main\n\nimport (\n" +
		"\t\"" + suite + "/cmd/semabench/sampler\"\n" +
		"\t\"" + suite + "/impls\"\n" +
		"\t\"" + suite + "/impls/process\"\n" +
		imports.String() + ")\n\nfunc main() {\n\ttable := append(impls.All(), process.All()...)\n" + table.String() +
		"\tsampler.Main(table)\n}\n"
}

// firstUse is the line that calls the first constructor.
func (l *Linker) firstUse() int { return firstImport + len(l.Constructors) + 4 }

var (
	// The go command names the file of the overlay, the compiler the one behind it.
	programError = regexp.MustCompile(`^.*(?:` + program + `|` + tmpPrefix + `\d+)[/\\]main\.go:(\d+):\d+: (.*)$`)
	alias        = regexp.MustCompile(`\bp(\d+)\.`)
)

// explain turns what the compiler says of the program, which nobody sees, into what is wrong with the
// constructor on that line. What it says of other files is true as it is.
func (l *Linker) explain(complaint string) string {
	var said []string
	for line := range strings.Lines(complaint) {
		line = strings.TrimRight(line, "\r\n")
		m := programError.FindStringSubmatch(line)
		if m == nil {
			if !strings.HasPrefix(line, "# ") { // a heading
				said = append(said, line)
			}
			continue
		}
		n, _ := strconv.Atoi(m[1])
		said = append(said, l.blame(n)+l.unalias(m[2]))
	}
	const enough = 6
	return firstLines(strings.Join(said, "\n"), enough)
}

// blame names the constructor of a line of the program.
func (l *Linker) blame(line int) string {
	use, imported := line-l.firstUse(), line-firstImport
	switch {
	case use >= 0 && use < len(l.Constructors):
		return l.Constructors[use].given + ": want func(int64) T, where T has Acquire(ctx, n) error, " +
			"TryAcquire(n) bool and Release(n): "
	case imported >= 0 && imported < len(l.Constructors):
		return l.Constructors[imported].given + ": "
	}
	return ""
}

func (l *Linker) unalias(s string) string {
	return alias.ReplaceAllStringFunc(s, func(p string) string {
		i, err := strconv.Atoi(p[1 : len(p)-1])
		if err != nil || i >= len(l.Constructors) {
			return p
		}
		return l.Constructors[i].pkg + "."
	})
}
