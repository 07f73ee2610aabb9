package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "put what the command prints into README.md and testdata")

// The table in the README is what this command makes of the text beside it, to the letter.
func TestReadmeShowsTheSample(t *testing.T) {
	root := filepath.Join("..", "..")
	sample := filepath.Join(root, "reports", "sample", "bench.txt")
	code, table, stderr := command(t, "", "report", "-format", "markdown", sample)
	if code != exitOK {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	const begin, end = "<!-- results: begin -->\n", "<!-- results: end -->"
	path := filepath.Join(root, "README.md")
	before, rest, ok := strings.Cut(read(t, path), begin)
	shown, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("README.md has no %q and %q", begin, end)
	}
	if shown == table {
		return
	}
	if !*update {
		t.Fatalf("README.md does not show what report makes of %s:\n"+
			"go test ./cmd/semabench -run TestReadmeShowsTheSample -update", sample)
	}
	if err := os.WriteFile(path, []byte(before+begin+table+end+after), 0o666); err != nil {
		t.Fatal(err)
	}
}
