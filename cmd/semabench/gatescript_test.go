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
}
