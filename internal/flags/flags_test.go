package flags

import "testing"

func TestNumber(t *testing.T) {
	for text, want := range map[string]uint64{
		"0": 0, "7": 7, "100000000": 1e8, "1e8": 1e8, "1E3": 1000, "2.5e3": 2500, "1e18": 1e18,
		"18446744073709551615": 1<<64 - 1,
	} {
		n := number{most: 1<<64 - 1}
		if err := n.Set(text); err != nil || n.value != want {
			t.Errorf("Set(%q) = %v and %d, want %d", text, err, n.value, want)
		}
	}
	for _, text := range []string{
		"", "-1", "-1e3", "1.5", "1e-3", "1.5e0", "ten", "1e", "inf", "NaN", "0x1e", "1e400", "1e19",
		"18446744073709551616",
	} {
		n := number{most: 1<<64 - 1}
		if err := n.Set(text); err == nil {
			t.Errorf("Set(%q) stored %d, want an error", text, n.value)
		}
	}
}

func TestProcs(t *testing.T) {
	p := Procs{4}
	if err := p.Set("1, 2,1024"); err != nil || p.String() != "1,2,1024" {
		t.Errorf("Set = %v, and the list is %v", err, &p)
	}
	for _, text := range []string{"", "0", "1,,2", "1025", "two"} {
		if err := p.Set(text); err == nil || p.String() != "1,2,1024" {
			t.Errorf("Set(%q) = %v, and the list is %v, want an error and no change", text, err, &p)
		}
	}
}
