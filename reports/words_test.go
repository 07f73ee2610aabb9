package reports

import "testing"

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		heatClass(1.0001) + heatClass(1.5) + heatClass(2) + heatClass(1e9): "h1h2h3h8",
		shellWord("/impl"):        "/impl",
		shellWord("/impl@(a b)"):  "'/impl@(a b)'",
		shellWord("it's"):         `'it'\''s'`,
		superscript(120):          "¹²⁰",
		printable("a\u202eb\xff"): `a\u202eb\xff`,
		printable("ok µ"):         "ok µ",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
