package layout

import (
	"context"
	"fmt"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/semabench/semabench/impls"
)

// A Constructor is a function of some package that makes semaphores.
type Constructor struct {
	Name string // of the implementation, in benchmark names
	Path string // of the package: for import, once it is found
	Func string // for instance New

	given   string // as the user wrote it
	pkg     string // name of the package
	dir     string // of the package, if it is in the module in which the program is built
	private bool   // to code in folders above an internal one
}

// String returns what Parse reads, and finds from any folder of the module.
func (c Constructor) String() string {
	function := c.Path + "." + c.Func
	if c.Name == "" {
		return function
	}
	return c.Name + "=" + function
}

var constructorForm = regexp.MustCompile(`^(?:([^=]*)=)?(.*)\.([^./\\=]+)$`)

// Parse reads ./folder.New, import/path.New or name=import/path.New. It is not ok, and no error, if
// s does not look like one but like the name of an implementation.
func Parse(s string) (c Constructor, ok bool, err error) {
	if !strings.ContainsAny(s, `./\=`) {
		return c, false, nil
	}
	m := constructorForm.FindStringSubmatch(s)
	if m == nil || !token.IsIdentifier(m[3]) || !token.IsExported(m[3]) {
		return c, false, fmt.Errorf("%q: want ./folder.New, import/path.New or name=import/path.New, "+
			"with an exported function", s)
	}
	c = Constructor{Name: m[1], Path: m[2], Func: m[3], given: s}
	if c.Path == "" {
		c.Path = "." // .New is of this folder
	}
	if strings.HasPrefix(s, "=") {
		return c, false, fmt.Errorf("%q: want a name before =", s)
	}
	return c, true, nil
}

// find looks the package up as the go tool does.
func (l *Linker) find(ctx context.Context, c *Constructor) error {
	out, complaint, err := l.goTool(ctx, "list", "-find", "-f",
		"{{.ImportPath}}\n{{.Name}}\n{{.Dir}}\n{{with .Module}}{{.Main}}{{end}}", "--", c.Path)
	if err == nil && out == "" {
		err, complaint = fmt.Errorf("no such package"), ""
	}
	if err != nil {
		return fmt.Errorf("%s: looking for func %s in package %s: %s", c.given, c.Func, c.Path,
			firstLines(strings.TrimSpace(complaint+"\n"+err.Error()), 3))
	}
	found := strings.Split(out, "\n")
	if len(found) < 3 || len(found) > 4 || found[0] == "command-line-arguments" {
		return fmt.Errorf("%s: want one package, and %s is not one", c.given, c.Path)
	}
	c.Path, c.pkg = found[0], found[1]
	if c.pkg == "main" {
		return fmt.Errorf("%s: %s is a program, which nobody can import: move %s into a package",
			c.given, c.Path, c.Func)
	}
	if len(found) == 4 && found[3] == "true" {
		c.dir = filepath.Clean(found[2])
	}
	c.private = slices.Contains(strings.Split(c.Path, "/"), "internal")
	return nil
}

// setName checks the name that was given, or makes one that nobody has.
func (c *Constructor) setName(taken []string) error {
	if c.Name != "" {
		named := impls.Impl{Name: c.Name, New: func(int64) impls.Semaphore { return nil }}
		if err := named.Validate(); err != nil {
			return err
		}
		if slices.Contains(taken, c.Name) {
			return fmt.Errorf("%s: another implementation is named %s", c.given, c.Name)
		}
		return nil
	}
	c.Name = c.pkg
	if full := c.pkg + "." + c.Func; c.Func != "New" || slices.Contains(taken, c.Name) {
		c.Name = full
		for n := 2; slices.Contains(taken, c.Name); n++ {
			c.Name = fmt.Sprintf("%s-%d", full, n)
		}
	}
	return nil
}

func firstLines(s string, most int) string {
	lines := strings.SplitN(s, "\n", most+1)
	return strings.Join(lines[:min(most, len(lines))], "\n")
}
