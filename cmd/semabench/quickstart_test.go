package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
)

// block returns the first code block of a Markdown text that contains the words.
func block(t *testing.T, markdown, words string) string {
	t.Helper()
	for i, part := range strings.Split(markdown, "\n```") {
		_, code, _ := strings.Cut(part, "\n") // without the language
		if i%2 == 1 && strings.Contains(code, words) {
			return code
		}
	}
	t.Fatalf("README.md has no code block with %q", words)
	return ""
}

// The quick start works as it is printed, in a module that knows nothing of this one. It adds as
// many modules as the README says.
func TestQuickStart(t *testing.T) {
	clone, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	readme := read(t, filepath.Join(clone, "README.md"))
	dir := t.TempDir()
	limiter := read(t, filepath.Join(clone, "examples", "limiter", "limiter.go"))
	writeFiles(t, dir, map[string]string{
		"go.mod":       "module example.com/mine\n\ngo 1.26\n",
		"mine.go":      strings.Replace(limiter, "package limiter", "package mine", 1),
		"mine_test.go": block(t, readme, "package mine_test"),
	})
	shell := func(script string) string {
		t.Helper()
		c := exec.Command("bash", "-euo", "pipefail", "-c", script)
		c.Dir = dir
		c.Env = append(os.Environ(), "GOWORK=off")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s\n%v\n%s", script, err, out)
		}
		return string(out)
	}
	script := block(t, readme, "-replace=")
	script = strings.ReplaceAll(script, "/path/to/your/clone", clone)
	if !strings.Contains(script, "\ngo test -race ./...") {
		t.Fatalf("the commands do not end with go test:\n%s", script)
	}
	if !longtest.Asked() {
		// The tests take a minute. go vet compiles everything, and so shows that the module is complete.
		script = strings.Replace(script, "go test -race ./...", "go vet ./...", 1)
	}
	shell(script)
	// This module is not counted: its line has no comment.
	modules := regexp.MustCompile(`(?m)^\t\S+ v\S+ // indirect$`)
	added := func() int { return len(modules.FindAllString(read(t, filepath.Join(dir, "go.mod")), -1)) }
	if n := added(); n != 6 {
		t.Errorf("the library adds %d modules; README.md says six:\n%s", n, read(t, filepath.Join(dir, "go.mod")))
	}
	tool := regexp.MustCompile("go mod edit -tool=[^`]+").FindString(readme)
	if tool == "" {
		t.Fatal("README.md has no go mod edit -tool")
	}
	shell(tool + " && go mod tidy")
	if n := added(); n < 20 || n > 24 {
		t.Errorf("the tool adds %d modules; README.md says 22", n)
	}
}

// Every link of the documents to a file of this repository leads to one.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Chdir(root)
	pages, err := filepath.Glob("docs/*.md")
	if err != nil || len(pages) < 8 {
		t.Fatalf("docs has %q, %v", pages, err)
	}
	link := regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
	links := 0
	for _, page := range append(pages, "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md") {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			links++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", page, m[1], err)
			}
		}
	}
	if links < 40 {
		t.Errorf("only %d links were seen", links)
	}
	if n := bytes.Count([]byte(read(t, "README.md")), []byte("\n")); n > 150 {
		t.Errorf("README.md has %d lines; a front page has at most 150", n)
	}
}

// The workflow of the README gives the action inputs that it has.
func TestWorkflowOfTheReadmeFitsTheAction(t *testing.T) {
	readme, action := read(t, filepath.Join(root, "README.md")), read(t, filepath.Join(root, "action.yml"))
	uses := regexp.MustCompile(`uses: semabench/semabench@\w+, with: \{([^}]+)\}`).FindStringSubmatch(readme)
	if uses == nil {
		t.Fatal("README.md does not use the action")
	}
	inputs, _, _ := strings.Cut(action, "\noutputs:")
	for _, with := range strings.Split(uses[1], ", ") {
		name, _, _ := strings.Cut(with, ":")
		if !strings.Contains(inputs, "\n  "+name+":\n") {
			t.Errorf("action.yml has no input %q", name)
		}
	}
}
