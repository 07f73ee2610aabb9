package gate

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestRunSurvivesItsFile(t *testing.T) {
	sample, _ := sampleRun()
	for _, run := range []*Run{sample, hostileRun(), runOf()} {
		var file bytes.Buffer
		if err := Write(&file, run); err != nil {
			t.Fatal(err)
		}
		got, err := Read("run.jsonl", &file)
		if err != nil {
			t.Fatal(err)
		}
		want := *run
		if strings.Contains(want.Stopped, "\xff") { // JSON is UTF-8
			want.Stopped, got.Stopped, want.New.Name, got.New.Name = "", "", "", ""
			want.Rows, got.Rows, want.Facts, got.Facts, want.Controls, got.Controls = nil, nil, nil, nil, nil, nil
			want.OnlyOld, got.OnlyOld = nil, nil
		}
		if !reflect.DeepEqual(got, &want) {
			t.Errorf("read back:\n%+v\nwant:\n%+v", got, &want)
		}
	}
}

func TestCutRuns(t *testing.T) {
	run := runOf(row("BenchmarkA", 1, 0.02), row("BenchmarkB", 1, 0.02))
	var file bytes.Buffer
	if err := Write(&file, run); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(file.String(), "\n") // head, 2 rows, 2 controls, end
	for _, test := range []struct {
		name, text string
		rows       int
		stopped    string
	}{
		{"inside a row", lines[0] + lines[1] + lines[2][:100], 1, "cut off inside line 3, which is dropped"},
		{"inside a character", lines[0] + lines[1] + "{\"row\":{\"Name\":\"\xc3", 1, "cut off inside line 3"},
		{"at the end of a line", lines[0] + lines[1], 1, "has no end"},
		{"after the head", lines[0], 0, "has no end"},
	} {
		got, err := Read("run.jsonl", strings.NewReader(test.text))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if len(got.Rows) != test.rows || !strings.Contains(got.Stopped, test.stopped) {
			t.Errorf("%s: %d rows, stopped because %q, want %d, %q", test.name, len(got.Rows), got.Stopped, test.rows, test.stopped)
		}
		if exit := Judge(got, Options{}).Exit(); exit == ExitPass {
			t.Errorf("%s: passes", test.name)
		}
	}
}

func TestRunsThatCannotBeRead(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", "run.jsonl:1: no run"},
		{"a benchmark text", "goos: linux\nBenchmarkX 1 2 ns/op\n", "run.jsonl:1: no run"},
		{"other JSON", "{}\n", "run.jsonl:1: no run"},
		{"another version", `{"gate-run": 99}` + "\n", "run.jsonl:1: format 99, this program reads 1"},
		{"a bad line", `{"gate-run": 1}` + "\n{\"row\":\n{}\n", "run.jsonl:2: "},
	} {
		if run, err := Read("run.jsonl", strings.NewReader(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, error %v, want %q", test.name, run, err, test.want)
		}
	}
}

func TestRowIsReplacedWhenWrittenAgain(t *testing.T) {
	r := row("BenchmarkA", 1.05, 0.02)
	var file bytes.Buffer
	w, err := NewWriter(&file, runOf(r))
	if err != nil {
		t.Fatal(err)
	}
	w.Row(&r)
	r.Second = pairsOf(48, 1.05, 0.02)
	w.Row(&r)
	if err := w.End(&Run{Stopped: "interrupted", Late: "out of time"}); err != nil {
		t.Fatal(err)
	}
	run, err := Read("run.jsonl", &file)
	if err != nil || len(run.Rows) != 1 || len(run.Rows[0].Second) != 48 || run.Stopped != "interrupted" || run.Late != "out of time" {
		t.Errorf("%d rows, %q, %v", len(run.Rows), run.Stopped, err)
	}
}
