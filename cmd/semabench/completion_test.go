package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/exitcode"
)

// Bash itself completes with the printed script: verbs, the flags of a verb, and not the flags of another verb.
func TestCompletionInBash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	script := filepath.Join(t.TempDir(), "completion.bash")
	_, text, _ := command(t, "", "completion", "bash")
	if err := os.WriteFile(script, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ words, want, without string }{
		{"semabench ga", "gate", "report"},
		{"semabench help st", "stress", "sample"},
		{"semabench gate -ba", "-base", "-bench"},
		{"semabench run -samp", "-samples", "-base"},
		{"semabench stress -", "-max-failures", "-base"},
		{"semabench completion z", "zsh", "bash"},
		{"semabench gate x", "", "gate"},
	} {
		out, err := exec.Command(bash, "-euc", `source "$1"; COMP_WORDS=($2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
			_semabench || true; echo "${COMPREPLY[*]}"`, "bash", script, test.words).CombinedOutput()
		got := strings.Fields(string(out))
		if err != nil || test.want != "" && !strings.Contains(" "+strings.Join(got, " ")+" ", " "+test.want+" ") ||
			strings.Contains(" "+strings.Join(got, " ")+" ", " "+test.without+" ") {
			t.Errorf("%q completes to %q, %v; want %q, and not %q", test.words, got, err, test.want, test.without)
		}
	}
}

// The scripts of zsh and fish have every verb with its flags, and each quote has its partner. Where
// the shell is installed, it reads the script.
func TestCompletionScripts(t *testing.T) {
	for _, shell := range []string{"zsh", "fish"} {
		code, text, _ := command(t, "", "completion", shell)
		if code != exitcode.OK {
			t.Fatalf("completion %s exits %d", shell, code)
		}
		mustContain(t, shell, text, "gate", "policies", "completion", "version", "samples", "min-effect")
		for line := range strings.Lines(text) {
			if strings.Count(line, "'")%2 != 0 {
				t.Errorf("%s: odd quotes in %s", shell, line)
			}
		}
		if strings.Contains(text, "semabench sample") || strings.Contains(text, "'turn") {
			t.Errorf("%s completes a verb that no user calls", shell)
		}
		path, err := exec.LookPath(shell)
		if err != nil {
			t.Logf("%s is not installed", shell)
			continue
		}
		c := exec.Command(path, "-n") // reads the commands and runs none
		c.Stdin = strings.NewReader(text)
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%s -n: %v\n%s", shell, err, out)
		}
	}
	mustRefuse(t, []string{"completion"}, "want one of bash, zsh and fish")
	mustRefuse(t, []string{"completion", "tcsh"}, `not "tcsh"`)
}
