package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/exitcode"
)

func TestAgree(t *testing.T) {
	sample := filepath.Join("..", "..", "reports", "sample", "bench.txt")
	dir := t.TempDir()
	text := read(t, sample)
	// Two variants of the run: in other, a row belongs to another implementation; in half, the last
	// sample is missing.
	other := write(t, dir, "other.txt", strings.ReplaceAll(text, "workload=uncontended/impl=spin",
		"workload=uncontended/impl=tmp"))
	same := write(t, dir, "same.txt", text)
	swapped := write(t, dir, "swapped.txt", strings.NewReplacer("/impl=channel", "/impl=bypass",
		"/impl=bypass", "/impl=channel").Replace(text))
	few := write(t, dir, "few.txt", firstOfEach(text, 3))
	half := write(t, dir, "half.txt", text[:strings.LastIndex(text, "\nBenchmark")+1])
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{sample, same}, exitcode.OK, "0 of "},
		{[]string{sample, other}, exitcode.Failed, "not compared: "},
		{[]string{sample, half}, exitcode.Failed, "is partial"},
		{[]string{sample}, exitcode.Refused, "two files"},
		{[]string{"-most", "101", sample, same}, exitcode.Refused, "from 0 to 100"},
		{[]string{"-most", "NaN", sample, same}, exitcode.Refused, "from 0 to 100"},
		{[]string{"-contradictions", "-1", sample, same}, exitcode.Refused, "from 0 to 100"},
		{[]string{"-contradictions", "0", sample, same}, exitcode.OK, "0 of "},
		// A text whose columns are exchanged contradicts. A text of few samples is undecided, and contradicts nothing.
		{[]string{"-most", "100", sample, swapped}, exitcode.OK, "contradict ("},
		{[]string{"-contradictions", "0", sample, swapped}, exitcode.Failed, "\n  contradiction: "},
		{[]string{"-contradictions", "0", sample, few}, exitcode.OK, "0 contradict (0.0 %): both runs decided"},
		{[]string{"-most", "1", sample, few}, exitcode.Failed, " 0 contradict, 0 cells could not be compared"},
		{[]string{sample, filepath.Join(dir, "none.txt")}, exitcode.Refused, "none.txt"},
	} {
		code, stdout, stderr := command(t, "", append([]string{"agree"}, test.args...)...)
		if code != test.code || !strings.Contains(stdout+stderr, test.want) {
			t.Errorf("agree %v exits %d, want %d with %q:\n%s%s", test.args, code, test.code, test.want,
				stdout, stderr)
		}
	}
}

// firstOfEach leaves out all but the first samples of each row, and the number of planned samples.
func firstOfEach(text string, samples int) string {
	var kept strings.Builder
	seen := map[string]int{}
	for line := range strings.Lines(text) {
		name, _, _ := strings.Cut(line, "\t")
		if strings.HasPrefix(line, "Benchmark") {
			seen[name]++
		}
		if seen[name] <= samples && !strings.HasPrefix(line, "planned-samples") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
