package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/exitcode"
)

// Without a go command each verb that needs one refuses, and says what is missing. The other verbs
// do not need it.
func TestWithoutAGoCommand(t *testing.T) {
	dir := writeFiles(t, t.TempDir(), map[string]string{"go.mod": "module example.com/p\n\ngo 1.26\n", "p.go": "package p\n", "old.txt": goodText})
	t.Chdir(dir)
	t.Setenv("PATH", t.TempDir())
	for _, args := range [][]string{
		{"vet"}, {"gate", "-old", ".", "-new", ".", "."}, {"explore"}, {"explore", "-impl", "weighted"},
		{"explore", "-impl", "./.New"}, {"stress", "-impl", "./.New"}, {"policies", "-impl", "./.New"},
	} {
		mustRefuse(t, args, "there is no go tool in PATH; Go is at https://go.dev/dl")
		if _, _, stderr := command(t, "", args...); strings.Contains(stderr, "must load on both sides") {
			t.Errorf("%q gives advice for another error: %s", args, stderr)
		}
	}
	for _, args := range [][]string{{"policies"}, {"report", "-format", "text", "old.txt"}, {"version"}} {
		if code, _, stderr := command(t, "", args...); code != exitcode.OK {
			t.Errorf("%q exits %d: %s", args, code, stderr)
		}
	}
}

// Without git the gate names it, and the way without it.
func TestWithoutGit(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("PATH", t.TempDir())
	mustRefuse(t, []string{"gate", "-base", "HEAD", "./..."}, "install git, or compare two directories")
}

// A module that wants a newer Go, and a toolchain that must not be downloaded.
func TestWithAnOlderGo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "größe 1")
	writeFiles(t, dir, map[string]string{"go.mod": "module example.com/p\n\ngo 1.99\n", "p.go": "package p\n"})
	t.Chdir(dir)
	t.Setenv("GOTOOLCHAIN", "local")
	for _, args := range [][]string{
		{"vet"}, {"gate", "-old", ".", "-new", ".", "."}, {"explore"},
		{"explore", "-impl", "./.New"}, {"stress", "-impl", "./.New"}, {"policies", "-impl", "./.New"},
	} {
		mustRefuse(t, args, "the Go in PATH is too old for go.mod; install a newer one, or unset GOTOOLCHAIN", "1.99")
	}
}

// A narrow terminal, none with colours, and a locale without UTF-8 change no exit code, and bring no
// escape sequence into the output.
func TestOddTerminals(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "größe 1")
	writeFiles(t, dir, map[string]string{"alt ä.txt": goodText})
	t.Chdir(dir)
	for _, variable := range []string{"COLUMNS=40", "TERM=dumb", "LC_ALL=C", "HOME=" + os.DevNull} {
		name, value, _ := strings.Cut(variable, "=")
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			for _, args := range [][]string{{"help"}, {"gate", "-h"}, {"policies"}, {"report", "-format", "text", "alt ä.txt"}} {
				code, stdout, stderr := command(t, "", args...)
				if code != exitcode.OK || stdout == "" || strings.Contains(stdout+stderr, "\x1b") {
					t.Errorf("%q exits %d: %q, %s", args, code, stdout, stderr)
				}
			}
		})
	}
}
