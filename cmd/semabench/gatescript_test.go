package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The script for any CI system calls the command with these arguments. Here the command is a
// script that prints its arguments.
func TestGateScript(t *testing.T) {
	script, err := filepath.Abs(filepath.Join(root, "scripts", "gate.sh"))
	if err != nil {
		t.Fatal(err)
	}
	dir := repository(t, steady("BenchmarkA", "100"))
	git(t, dir, "branch", "-M", "main")
	git(t, dir, "remote", "add", "origin", dir)
	git(t, dir, "fetch", "-q", "origin")
	head := func() string {
		out, err := exec.Command("git", "-C", dir, "rev-parse", "HEAD").Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	tool := filepath.Join(t.TempDir(), "tool")
	if err := os.WriteFile(tool, []byte("#!/bin/sh\necho \"$@\"\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	mustAsk := func(want string, env ...string) {
		t.Helper()
		cmd := exec.Command("bash", script)
		cmd.Dir = dir
		cmd.Env = append(append(os.Environ(), "SEMABENCH="+tool, "OUT=out"), env...)
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 3 || strings.TrimSpace(string(out)) != want {
			t.Errorf("%v: %v, asked\n%swant\n%s", env, err, out, want)
		}
	}
	mustAsk("gate -base HEAD^ -o out -inconclusive 10% ./...") // on main
	writeFiles(t, dir, map[string]string{"new.go": "package p\n"})
	mustAsk("gate -base " + head() + " -o out -inconclusive 10% ./...")
	mustAsk("gate -base v1 -o out -bench A* -pairs 9 ./a ./b",
		"BASE=v1", "ARGS=-bench A* -pairs 9", "PACKAGES=./a ./b")
	mustAsk("gate -base v1 -o out ./...", "BASE=v1", "ARGS=")
	mustAsk("gate -base v1 -o out -shard=2/3 ./...", "BASE=v1", "ARGS=", "SHARD=2/3")
	writeFiles(t, dir, map[string]string{"parts/a 1/gate.jsonl": "", "parts/b/gate.jsonl": ""})
	mustAsk("gate -join -o out -inconclusive 10% parts/a 1/ parts/b/", "JOIN=parts")
}

// A tool that cannot be built is no regression: the script exits with 2. A Go that is pinned for the project does not
// keep the tool from another one.
func TestGateScriptWithoutTool(t *testing.T) {
	bin := t.TempDir()
	fake := "#!/bin/sh\necho \"toolchain $GOTOOLCHAIN\" >&2\nexit 1\n"
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(fake), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", filepath.Join(root, "scripts", "gate.sh"))
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "GOTOOLCHAIN=local", "SEMABENCH=")
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 2 || !strings.Contains(string(out), "toolchain auto") ||
		!strings.Contains(string(out), "could not be built") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

// The comment is written when something happened, and updated from then on. A fork's text is data: no
// mention in it notifies a user, and no markup in it hides a part of the comment.
func TestGateComment(t *testing.T) {
	const hostile = "### ❌ Benchmark gate: REGRESSION\n\n@everyone <!-- $(touch pwned) `touch pwned`\n"
	for name, c := range map[string]struct {
		report, comments, pulls string // what gh answers
		env                     []string
		want                    string // the request that writes; "" for none
		exit                    int
	}{
		"regression, none yet":  {hostile, "", "", []string{"PR=7"}, "-X POST repos/o/r/issues/7/comments", 0},
		"regression, there":     {hostile, "42", "", []string{"PR=7"}, "-X PATCH repos/o/r/issues/comments/42", 0},
		"pass, none yet":        {"### ✅ Benchmark gate: PASS\n", "", "", []string{"PR=7"}, "", 0},
		"pass, there":           {"### ✅ Benchmark gate: PASS\n", "42", "", []string{"PR=7"}, "-X PATCH repos/o/r/issues/comments/42", 0},
		"of a fork":             {hostile, "", "9", []string{"HEAD_OWNER=f", "HEAD_BRANCH=b", "HEAD_SHA=abc"}, "issues/9/comments", 0},
		"of a fork, moved on":   {hostile, "", "", []string{"HEAD_OWNER=f", "HEAD_BRANCH=b", "HEAD_SHA=abc"}, "", 0},
		"a number that is none": {hostile, "", "", []string{"PR=7/../8"}, "", 0},
		"no report":             {"", "", "", []string{"PR=7"}, "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			gh := `#!/bin/sh
case "$*" in
*-X\ P*) echo "$*" >>asked; for a; do case "$a" in body=@*) cat "${a#body=@}" >>asked;; esac; done;;
*comments*) echo "` + c.comments + `";;
*pulls*) echo "` + c.pulls + `";;
esac
`
			for name, text := range map[string]string{"gh": gh, "gate.md": c.report} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			script, err := filepath.Abs(filepath.Join(root, "scripts", "gate-comment.sh"))
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("bash", script, "gate.md")
			cmd.Dir = dir
			cmd.Env = append(append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"), "REPO=o/r", "PR="), c.env...)
			out, _ := cmd.CombinedOutput()
			asked, _ := os.ReadFile(filepath.Join(dir, "asked"))
			if code := cmd.ProcessState.ExitCode(); code != c.exit || !strings.Contains(string(asked), c.want) ||
				(c.want == "") != (len(asked) == 0) {
				t.Errorf("exit %d, asked %q, want %q\n%s", code, asked, c.want, out)
			}
			body := string(asked)
			if strings.Contains(body, "@everyone") || strings.Count(body, "<!--") > 1 {
				t.Errorf("the comment is %q", body)
			}
			if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
				t.Error("text of the report was run")
			}
		})
	}
}
