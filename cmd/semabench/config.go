package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/internal/spelling"
)

// configName is the file with defaults of a repository. It is TOML, because a file of flags needs
// comments, which JSON has not, and no rules of indentation and quoting, which YAML has.
//
//	[gate]
//	packages = ["./bench", "./queue"]
//	inconclusive = "10%"
//
//	[run]
//	samples = 12
const configName = ".semabench.toml"

// configured verbs are the tables that the file may have. The other verbs have few flags that a
// repository would set.
var configured = []string{"gate", "run"}

// A config has the settings of the file for one verb. The packages are apart from the flags, because they are
// arguments: they count only if the command line names no input at all.
type config struct {
	file     string // "" if there is none
	packages []string
	words    []string // the flags that it sets, as the command line would have them
}

// configFlag adds the flag that names the file. off is a word and not a flag of its own, so a script that must not
// depend on the folder it runs in has one thing to say.
func (f *flagSet) configFlag() {
	f.String("config", "", "`file` with defaults for these flags, or off (default "+configName+" in the working\n"+
		"directory or above it, up to the root of the repository)")
}

// configure reads the file after the arguments were parsed, and sets each flag that they left out.
//
// The value becomes the default of the flag: given does not report it. A file that sets -pairs must
// not make “gate old.txt new.txt” refuse, where -pairs on the command line has no meaning.
func (a app) configure(f *flagSet) (config, error) {
	file := f.Lookup("config").Value.String()
	switch {
	case file == "off":
		return config{}, nil
	case file == "":
		if file = findConfig(); file == "" {
			return config{}, nil
		}
	}
	var tables map[string]map[string]any
	if _, err := toml.DecodeFile(file, &tables); err != nil {
		var syntax toml.ParseError
		if errors.As(err, &syntax) {
			return config{}, fmt.Errorf("%s:%d: %s", file, syntax.Position.Line, syntax.Message)
		}
		return config{}, fmt.Errorf("reading the configuration %s: %w", file, err)
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		if !slices.Contains(configured, name) {
			return config{}, fmt.Errorf("%s: no table [%s]%s; tables are [%s]", file, name,
				spelling.Suggest(name, configured, ""), strings.Join(configured, "], ["))
		}
	}
	c := config{file: file}
	if err := c.set(f, tables[f.Name()]); err != nil || len(c.words) == 0 {
		return c, err
	}
	// The output of a run does not say where a flag came from, so this line does.
	fmt.Fprintf(a.stderr, "semabench %s: %s sets %s\n", f.Name(), file, strings.Join(c.words, " "))
	return c, nil
}

// set sets the flags of one table, in the order of their names, so that the first error is always
// the same one.
func (c *config) set(f *flagSet, values map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		words, err := configWords(values[name])
		if err != nil {
			return fmt.Errorf("%s: [%s] %s: %w", c.file, f.Name(), name, err)
		}
		if name == "packages" && f.Name() == "gate" {
			c.packages = words
			continue
		}
		g := f.Lookup(name)
		if g == nil || name == "config" {
			var names []string
			f.VisitAll(func(g *flag.Flag) { names = append(names, g.Name) })
			return fmt.Errorf("%s: [%s] has no flag %q%s; semabench %s -h lists the flags", c.file, f.Name(), name,
				spelling.Suggest(name, names, ""), f.Name())
		}
		if f.given(name) {
			continue // the command line decides
		}
		if err := g.Value.Set(strings.Join(words, ",")); err != nil {
			return fmt.Errorf("%s: [%s] %s = %q: %w", c.file, f.Name(), name, strings.Join(words, ","), err)
		}
		c.words = append(c.words, fmt.Sprintf("-%s=%s", name, escape.Shell(g.Value.String())))
	}
	return nil
}

// configWords returns a value as the words that the command line would have: an array has several. Each flag
// then parses its own word, so a value has the same bounds and the same message in the file and on the
// command line. An array in an array has no such form.
func configWords(value any) ([]string, error) {
	switch v := value.(type) {
	case string, bool, int64, float64:
		return []string{fmt.Sprint(v)}, nil
	case []any:
		var words []string
		for _, one := range v {
			word, err := configWords(one)
			if err != nil || len(word) != 1 {
				return nil, errors.New("want strings or numbers in the array")
			}
			words = append(words, word[0])
		}
		return words, nil
	}
	return nil, errors.New("want a string, a number, true, false, or an array of these")
}

// findConfig returns the nearest file in the working directory or above it, up to the folder with
// .git, or "". Outside of a repository only the working directory counts: a file in a home
// directory would change every run below it, without a word.
func findConfig() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	exists := func(path string) bool {
		_, err := os.Stat(path)
		return !errors.Is(err, fs.ErrNotExist)
	}
	found := ""
	for here := dir; ; here = filepath.Dir(here) {
		file := filepath.Join(here, configName)
		if found == "" && exists(file) {
			found = file
		}
		switch {
		case exists(filepath.Join(here, ".git")):
			return found
		case here == filepath.Dir(here): // the root of the file system, and no repository
			if filepath.Dir(found) == dir {
				return found
			}
			return ""
		}
	}
}
