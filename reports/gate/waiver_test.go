package gate

import (
	"strings"
	"testing"
)

func TestParseWaivers(t *testing.T) {
	second := strings.NewReplacer("p.BenchmarkWaived", "p.Benchmark*/n=?", "ns/op", "allocs/op", "×1.20", "+2").Replace(sampleWaivers)
	list, err := ParseWaivers("w.txt", "\n\n"+sampleWaivers+"\n\n"+second)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d waivers, error %v, want 2", len(list), err)
	}
	if w := list[0]; w.Pos != "w.txt:4" || w.Ceiling != 1.2 || w.PerOp || w.Limit() != "×1.2" {
		t.Errorf("first waiver: %+v", w)
	}
	if w := list[1]; !w.PerOp || w.Ceiling != 2 || w.Limit() != "+2" {
		t.Errorf("second waiver: %+v", w)
	}
	for _, test := range []struct {
		name     string
		old, new string
		want     string
	}{
		{"unknown key", "reason:", "because:", `w.txt:5: "because" is not one of row, metric`},
		{"no colon", "reason:  it", "reason it", "w.txt:5: "},
		{"empty value", "https://example.com/issues/12", "", "w.txt:6: issue is empty"},
		{"lacks a key", "metric:  ns/op\n", "", "w.txt:2: the waiver that begins here has no metric"},
		{"twice", "metric:", "row: x\nmetric:", "w.txt:3: a second row"},
		{"no factor", "×1.20", "1.20", "w.txt:4: ceiling"},
		{"factor below 1", "×1.20", "×0.9", "w.txt:4: ceiling"},
		{"not a number", "×1.20", "×NaN", "w.txt:4: ceiling"},
		{"infinite", "×1.20", "×Inf", "w.txt:4: ceiling"},
		{"both", "×1.20", "+×2", "w.txt:4: ceiling"},
		{"no day", "2027-01-31", "2027-02-30", "w.txt:7: expires"},
		{"never", "2027-01-31", "never", "w.txt:7: expires"},
		{"bad pattern", "example.com/p.BenchmarkWaived", "/(/", "w.txt:2: error parsing regexp"},
	} {
		text := strings.Replace(sampleWaivers, test.old, test.new, 1)
		if _, err := ParseWaivers("w.txt", text); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %s", test.name, err, test.want)
		}
	}
	if list, err := ParseWaivers("w.txt", "# nothing\n"); err != nil || len(list) != 0 {
		t.Errorf("no waivers: %v, %v", list, err)
	}
}

func TestWaiverPatterns(t *testing.T) {
	r := Row{Package: "example.com/p", Name: "BenchmarkSort/n=10"}
	for pattern, want := range map[string]bool{
		"example.com/p.BenchmarkSort/n=10": true, "BenchmarkSort/n=10": true, "BenchmarkSort/*": true,
		"*": true, "example.com/*": true, "/Sort/": true, "/^BenchmarkSort/": true,
		"BenchmarkSort": false, "BenchmarkSort/n=1": false, "example.com/p": false, "/^Sort/": false, "BenchmarkSort/n=.*": false,
	} {
		rows, err := rowPattern(pattern)
		w := Waiver{Metric: "ns/op", rows: rows}
		if err != nil || w.Matches(&r, "ns/op") != want {
			t.Errorf("%s matches %s: %v, want %v (error %v)", pattern, r.ID(), !want, want, err)
		}
		if w.Matches(&r, "B/op") {
			t.Errorf("%s: a waiver of ns/op matches B/op", pattern)
		}
	}
}

func TestWaivers(t *testing.T) {
	slow := row("BenchmarkWaived", 1.12, 0.02)
	slow.Second = pairsOf(48, 1.12, 0.02)
	counted := row("BenchmarkWaived", 1, 0.02)
	counted.Exact = []Exact{{Unit: "allocs/op", Ops: 1000, Old: []int64{0, 0, 0}, New: []int64{2000, 2000, 2000}}}
	noisy := row("BenchmarkWaived", 1, 0.15)
	for _, test := range []struct {
		name     string
		row      Row
		old, new string // in the waiver
		verdict  Verdict
		why      string // of the row, or an error, or a note
	}{
		{"below the ceiling", slow, "", "", Waived, "waived up to ×1.2 ns/op until 2027-01-31: it checks its input now"},
		{"over the ceiling", slow, "×1.20", "×1.05", Regressed, "over the waiver of ×1.05"},
		{"last day", slow, "2027-01-31", "2026-11-23", Waived, "until 2026-11-23"},
		{"expired", slow, "2027-01-31", "2026-11-22", Regressed, "expired after 2026-11-22"},
		{"another row", slow, "BenchmarkWaived", "BenchmarkGone", Regressed, "fits no row"},
		{"another metric", slow, "ns/op", "B/op", Regressed, "was not needed"},
		{"amount of allocations", counted, "ns/op\nceiling: ×1.20", "allocs/op\nceiling: +2", Waived, "+2 allocs/op"},
		{"no multiple of nothing", counted, "ns/op\nceiling: ×1.20", "allocs/op\nceiling: ×100", Regressed, "over the waiver"},
		{"inconclusive below the ceiling", noisy, "", "", Waived, "waived up to"},
		{"inconclusive over the ceiling", noisy, "×1.20", "×1.02", Inconclusive, "over the waiver"},
	} {
		waivers, err := ParseWaivers("w.txt", strings.Replace(sampleWaivers, test.old, test.new, 1))
		if err != nil {
			t.Fatal(err)
		}
		r := Judge(runOf(test.row), Options{Waivers: waivers, Today: today})
		j := r.Rows[0]
		text := strings.Join(append(append([]string{j.why()}, r.Errors...), r.Notes...), "\n")
		if j.Verdict != test.verdict || !strings.Contains(text, test.why) {
			t.Errorf("%s: %s, %q, want %s, %q", test.name, j.Verdict, text, test.verdict, test.why)
		}
	}
}
