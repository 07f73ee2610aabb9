package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/exitcode"
)

const (
	claimsSample = "reports/sample/parallel"
	redrawClaims = "go test ./cmd/semabench -run Claims -update"
)

// replayClaims judges the text of the sample again, in another place. The folder there has the same
// name, because the page shows the name.
func replayClaims(t *testing.T) string {
	t.Helper()
	kept, err := filepath.Abs(filepath.Join(root, claimsSample))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.MkdirAll(claimsSample, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{parallelName, timelinesName} {
		if err := os.WriteFile(filepath.Join(claimsSample, name),
			[]byte(read(t, filepath.Join(kept, name))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, stderr := command(t, "", "parallel", "-replay", claimsSample); code != exitcode.OK {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	return kept
}

// The page of threads and processes in the repository equals the page that the verb makes of the
// text.
func TestSampleOfClaimsIsDrawnAnew(t *testing.T) {
	kept := replayClaims(t)
	paths, err := filepath.Glob(filepath.Join(claimsSample, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		name, fresh := filepath.Base(path), []byte(read(t, path))
		if filepath.Ext(name) == ".txt" && name != parallelName {
			continue // the same words as in the Markdown
		}
		if *update {
			if err := os.WriteFile(filepath.Join(kept, name), fresh, 0o644); err != nil {
				t.Fatal(err)
			}
		} else if old, err := os.ReadFile(filepath.Join(kept, name)); err != nil ||
			!bytes.Equal(old, fresh) {
			t.Errorf("%s/%s is stale (%v); draw it anew and look at it:\n%s", claimsSample, name, err,
				redrawClaims)
		}
	}
}

// docs/parallel.md has each claim and its answer as they are on the page.
func TestDocsShowTheClaims(t *testing.T) {
	docs, err := filepath.Abs(filepath.Join(root, "docs", "parallel.md"))
	if err != nil {
		t.Fatal(err)
	}
	replayClaims(t)
	answers := answersIn(read(t, filepath.Join(claimsSample, "parallel.md")))
	if strings.Count(answers, "\n") < 7 {
		t.Fatalf("the page has fewer than seven answers:\n%s", answers)
	}
	holdsBlock(t, docs, "claims", answers, redrawClaims)
}

// answersIn returns a list of the claims on a page in Markdown. Each item has the heading of a
// claim and the paragraph below it.
func answersIn(markdown string) string {
	var items strings.Builder
	for section := range strings.SplitSeq(markdown, "\n## “") {
		claim, rest, ok := strings.Cut(section, "”\n\n")
		if answer, _, _ := strings.Cut(rest, "\n"); ok && strings.HasPrefix(answer, "**") {
			items.WriteString("- *" + claim + "*: " + answer + "\n")
		}
	}
	return items.String()
}
