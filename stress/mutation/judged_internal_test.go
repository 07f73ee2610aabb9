package mutation

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A verdict is taken if it is of the same code and options, and if it is one. A file of something else is refused, and
// stays as it is.
func TestJudgedFile(t *testing.T) {
	open := func(text string) (*judgedFile, error) {
		path := filepath.Join(t.TempDir(), "judged")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		j, err := readJudged(path)
		if err == nil {
			j.use("k")
		} else {
			if after, _ := os.ReadFile(path); string(after) != text {
				t.Errorf("the refused file is changed to %q", after)
			}
		}
		return j, err
	}
	line := func(key, id, verdict string) string {
		return `{"key":"` + key + `","mutant":{"id":"` + id + `","native":{"verdict":"` + verdict + `"},"left":true}}` + "\n"
	}
	j, err := open(line("k", "a", Passed) + line("other", "b", Passed) + line("k", "c", Undecided) + `{"key":"k","mu`)
	if err != nil {
		t.Fatal(err)
	}
	defer j.close()
	for id, want := range map[string]bool{"a": true, "b": false, "c": false, "d": false} {
		m := Mutant{ID: id}
		if got := j.take(&m); got != want || m.Left != want {
			t.Errorf("mutant %s: taken %v, left %v, want both %v", id, got, m.Left, want)
		}
	}
	if err := j.add(&Mutant{ID: "d"}); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(j.file.Name())
	if lines := strings.Split(string(text), "\n"); err != nil || len(lines) != 5 || !strings.Contains(lines[3], `"id":"d"`) {
		t.Errorf("the file is %q, %v: want the new verdict in the place of the incomplete line", text, err)
	}
	for _, text := range []string{"package p\n", line("k", "a", Passed) + "{}\n", "no line"} {
		if _, err := open(text); err == nil || !strings.Contains(err.Error(), "no verdict of a mutant") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
