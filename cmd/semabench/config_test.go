package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/exitcode"
)

// inRepository makes a repository with the configuration, and goes into a folder of it.
func inRepository(t *testing.T, config string) {
	t.Helper()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{configName: config, ".git/HEAD": "", "p/old.txt": goodText, "p/new.txt": goodText,
		"p/other.toml": "[gate]\nformat = \"other\"\n"})
	t.Chdir(filepath.Join(dir, "p"))
}

// The file sets what the command line leaves out, and no more.
func TestConfigSetsDefaults(t *testing.T) {
	inRepository(t, "# of the repository\n[gate]\nformat = \"nope\"\npairs = 12\nbase = \"main\"\n\n[run]\nsamples = 0\n")
	mustRefuse(t, []string{"gate", "old.txt", "new.txt"}, `unknown format "nope"`, configName+" sets -base=main -format=nope -pairs=12")
	mustRefuse(t, []string{"gate", "-config", "other.toml", "old.txt", "new.txt"}, `unknown format "other"`)
	mustRefuse(t, []string{"run"}, "[run] samples", "want a whole number from 1 to")
	// The command line wins; pairs and base have no meaning for texts, and do not disturb.
	for _, args := range [][]string{{"gate", "-format", "text", "old.txt", "new.txt"}, {"gate", "-config", "off", "old.txt", "new.txt"}} {
		if code, stdout, stderr := command(t, "", args...); code == exitcode.Refused || stdout == "" {
			t.Errorf("%q exits %d: %s%s", args, code, stdout, stderr)
		}
	}
	// -pairs on the command line still has no meaning there.
	mustRefuse(t, []string{"gate", "-format", "text", "-pairs", "12", "old.txt", "new.txt"}, "-pairs is about measuring")
}

func TestConfigIsChecked(t *testing.T) {
	for config, want := range map[string]string{
		"[gate]\npears = 12\n":           `[gate] has no flag "pears" (did you mean pairs?)`,
		"[gaet]\n":                       "no table [gaet] (did you mean gate?)",
		"[gate]\npairs = \"many\"\n":     `[gate] pairs = "many"`,
		"[gate]\npairs = 1979-05-27\n":   "want a string, a number",
		"[gate]\npairs 12\n":             configName + ":2: ",
		"pairs = 12\n":                   "no table [pairs]",
		"[gate]\nconfig = \"more.toml\"": `has no flag "config"`,
	} {
		t.Run("", func(t *testing.T) {
			inRepository(t, config)
			mustRefuse(t, []string{"gate", "old.txt", "new.txt"}, want)
		})
	}
}

// Outside of a repository a file above the working directory is not meant.
func TestConfigIsOfTheRepository(t *testing.T) {
	inRepository(t, "[gate]\nformat = \"nope\"\n")
	if err := os.RemoveAll(filepath.Join("..", ".git")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/.git"); err == nil || os.TempDir() == "/" {
		t.Skip("the file system itself is a repository")
	}
	if _, _, stderr := command(t, "", "gate", "old.txt", "new.txt"); strings.Contains(stderr, "nope") {
		t.Errorf("a file above was read: %s", stderr)
	}
	t.Chdir("..")
	mustRefuse(t, []string{"gate", filepath.Join("p", "old.txt"), filepath.Join("p", "new.txt")}, `unknown format "nope"`)
}

// The packages of the file are judged if the command line names none.
func TestConfigPackages(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{{nil, "./a ./b"}, {[]string{"./c"}, "./c"}} {
		var c gateCall
		f := app{}.flags("gate", "", "")
		c.addTo(f)
		if err := f.parse(append([]string{"-base", "main"}, test.args...)); err != nil {
			t.Fatal(err)
		}
		c.choose(config{packages: []string{"./a", "./b"}})
		if err := c.check(); err != nil || strings.Join(c.packages, " ") != test.want {
			t.Errorf("%q: %q, %v; want %s", test.args, c.packages, err, test.want)
		}
	}
}
