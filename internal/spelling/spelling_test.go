package spelling

import "testing"

func TestEdits(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"gate", "", 4}, {"gate", "gate", 0}, {"gtae", "gate", 1}, {"gat", "gate", 1}, {"gates", "gate", 1}, {"late", "gate", 1}, {"run", "nur", 2}} {
		if got := edits(test.a, test.b); got != test.want {
			t.Errorf("edits(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

func TestSuggest(t *testing.T) {
	names := []string{"text", "html", "markdown", "csv"}
	for typed, want := range map[string]string{
		"txt": " (did you mean text?)", "htm": " (did you mean html?)", "markdwon": " (did you mean markdown?)",
		"csb": " (did you mean csv?)", "": "", "x": "", "cv": "", "json": "", "tehx": "",
	} {
		if got := Suggest(typed, names, ""); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", typed, got, want)
		}
	}
}
