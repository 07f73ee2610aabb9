package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/cmd/internal/sampling"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/impls/process"
)

// working verbs begin to work without arguments, so the golden file has no such case of them.
var working = []string{"run", "parallel", "stress", "policies", "explore", "vet"}

// One file has what every verb answers to -h, to a wrong flag, to a flag without its value and to no
// arguments, with its exit code. A change of the command line is a change of this file.
func TestCommandLine(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4)) // the default of several flags
	golden, err := os.OpenRoot("testdata")
	if err != nil {
		t.Fatal(err)
	}
	defer golden.Close()
	t.Chdir(t.TempDir()) // in no module, and without a configuration
	var got strings.Builder
	try := func(args ...string) {
		var stdout, stderr bytes.Buffer
		a := app{table: impls.All(), shared: process.All(), maker: sampling.Self,
			stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr}
		code := a.main(context.Background(), args)
		fmt.Fprintf(&got, "$ semabench %s\n%s", strings.Join(args, " "), &stdout)
		if stderr.Len() > 0 {
			fmt.Fprintf(&got, "stderr: %s", &stderr)
		}
		fmt.Fprintf(&got, "exit %d\n\n", code)
	}
	try()
	try("help")
	try("walk")
	try("help", "walk")
	for _, v := range verbs {
		if slices.Contains(innerVerbs, v.name) {
			continue
		}
		try(v.name, "-h")
		try(v.name, "-no-such-flag")
		if !slices.Contains(working, v.name) {
			try(v.name)
		}
	}
	const name = "commandline.txt"
	if *update {
		if err := golden.WriteFile(name, []byte(got.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := golden.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "linux" {
		t.Skip("the file has the messages of Linux")
	}
	if line := firstDifference(got.String(), string(want)); line != "" {
		t.Errorf("testdata/%s differs; go test ./cmd/semabench -run TestCommandLine -update writes it anew\n%s", name, line)
	}
}

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			return fmt.Sprintf("line %d:\n got %q\nwant %q", i+1, append(a, "")[min(i, len(a))], append(b, "")[min(i, len(b))])
		}
	}
	return ""
}
