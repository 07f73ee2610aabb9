package main

import (
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports/gate"
)

// parsedGate returns a call with these arguments, as the verb parses them.
func parsedGate(t *testing.T, args ...string) *gateCall {
	t.Helper()
	var c gateCall
	f := app{}.flags("gate", "", "")
	c.addTo(f)
	f.priorityFlag()
	f.configFlag()
	if err := f.parse(args); err != nil {
		t.Fatal(args, err)
	}
	return &c
}

// wordsOf splits a command as a shell does, and drops the verb and the environment before it.
func wordsOf(t *testing.T, command string) []string {
	t.Helper()
	_, flags, _ := strings.Cut(command, "semabench gate")
	out, err := exec.Command("sh", "-c", `printf '%s\n'`+flags).Output()
	if err != nil {
		t.Skip("no shell: ", err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// settings returns the values of all flags of a call.
func settings(c *gateCall) map[string]string {
	values := map[string]string{}
	c.flags.VisitAll(func(f *flag.Flag) { values[f.Name] = f.Value.String() })
	return values
}

// A command to repeat a run has every flag that was set, except the flags in notRepeated. The values here are
// tried in turn until one is not the default, so a flag that is added later is tested too.
func TestRepeatHasEveryFlag(t *testing.T) {
	for _, name := range repeatedVariables {
		t.Setenv(name, "")
	}
	tried := 0
	parsedGate(t).flags.VisitAll(func(f *flag.Flag) {
		if _, left := notRepeated[f.Name]; left {
			return
		}
		for _, value := range []string{"7%", "true", "7s", "7", "it's a word"} {
			if f.Value.Set(value) != nil || f.Value.String() == f.DefValue {
				continue
			}
			tried++
			c := parsedGate(t, "-"+f.Name+"="+value)
			command := c.command()
			repeated := parsedGate(t, wordsOf(t, command)...)
			if want, got := settings(c)[f.Name], settings(repeated)[f.Name]; got != want {
				t.Errorf("-%s=%s is repeated as %s, which sets %q", f.Name, value, command, got)
			}
			return
		}
		t.Errorf("-%s has no value that this test knows: add one", f.Name)
	})
	if tried < 12 {
		t.Errorf("%d flags are repeated, want all that change a measurement", tried)
	}
	for name := range notRepeated {
		if parsedGate(t).flags.Lookup(name) == nil {
			t.Errorf("there is no flag -%s any more", name)
		}
	}
}

// What a configuration sets is repeated, and the file itself is switched off: it could set what had its default.
func TestRepeatOfAConfiguredRun(t *testing.T) {
	for _, name := range repeatedVariables {
		t.Setenv(name, "")
	}
	t.Setenv("GOAMD64", "v3")
	t.Setenv("GOFLAGS", "-tags=one -race")
	c := parsedGate(t, "-max-time=3m")
	if err := c.flags.Lookup("pairs").Value.Set("12"); err != nil { // as the file does
		t.Fatal(err)
	}
	c.choose(config{file: configName})
	if got, want := c.command(), "GOFLAGS='-tags=one -race' GOAMD64=v3 semabench gate -max-time=3m0s -pairs=12 -config=off"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	t.Setenv("GOAMD64", "")
	t.Setenv("GOFLAGS", "")
	if got, want := parsedGate(t).command(), "semabench gate"; got != want {
		t.Errorf("%s, want %s: nothing was set", got, want)
	}
}

// Shards of one run, recorded by the verb itself in folders of -o, are joined into the verdict of the whole run, and
// the joined run can be replayed. One of them alone passes nothing but itself.
func TestJoinedShardsOfARepository(t *testing.T) {
	duelHere(t)
	dir := repository(t, steady("BenchmarkA", "100"), steady("BenchmarkB", "100"), steady("BenchmarkC", "100"))
	writeFiles(t, dir, map[string]string{"README.md": "more words\n"})
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "docs: say more")
	t.Chdir(dir)
	out := t.TempDir()
	join := []string{"-join", "-o", filepath.Join(out, "all")}
	of := longtest.Or(t, "shards", 2, 1)
	for i := range of {
		shard, part := fmt.Sprintf("%d/%d", i+1, of), filepath.Join(out, fmt.Sprint(i+1))
		mustExit(t, gate.ExitPass, append(slices.Clone(few), "-base", "HEAD^", "-shard", shard, "-o", part),
			"3 IDENTICAL", fmt.Sprintf("this is shard %d of %d", i+1, of), "-shard="+shard)
		join = append(join, part)
	}
	join[len(join)-1] = filepath.Join(join[len(join)-1], gateRunName) // a file is as good as its folder
	mustExit(t, gate.ExitPass, join, "3 IDENTICAL of 3 rows")
	mustExit(t, gate.ExitPass, []string{"-replay", filepath.Join(out, "all", gateRunName)}, "3 IDENTICAL of 3 rows")
	if of > 1 {
		mustExit(t, gate.ExitInconclusive, []string{"-join", filepath.Join(out, "2")}, "shard 1 of 2 is missing")
	}
}
