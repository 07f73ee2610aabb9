package excerpt_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/excerpt"
)

func TestLines(t *testing.T) {
	for _, test := range []struct {
		text string
		most int
		want string
	}{
		{"", 3, ""},
		{"a", 3, "a"},
		{"\n a\nb\n", 3, "a\nb"},
		{"a\nb\nc", 2, "a\nb"},
		{"a\n\nb", 2, "a\n"},
	} {
		if got := excerpt.Lines(test.text, test.most); got != test.want {
			t.Errorf("Lines(%q, %d) = %q, want %q", test.text, test.most, got, test.want)
		}
	}
}

func TestLine(t *testing.T) {
	for text, want := range map[string]string{"": "", "\n\n": "", "\na\nb": "a", "a\r\nb": "a"} {
		if got := excerpt.Line(text); got != want {
			t.Errorf("Line(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestRunes(t *testing.T) {
	for _, test := range []struct {
		text string
		most int
		want string
	}{
		{"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "abc…"},
		{"äöü", 3, "äöü"}, {"äöüß", 3, "äöü…"}, {"a\xffb", 2, "a\xff…"},
	} {
		if got := excerpt.Runes(test.text, test.most); got != test.want {
			t.Errorf("Runes(%q, %d) = %q, want %q", test.text, test.most, got, test.want)
		}
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	tail := excerpt.Tail{Size: 10}
	var all strings.Builder
	for i := range 100 {
		text := fmt.Sprint(i, " ")
		all.WriteString(text)
		if n, err := tail.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatalf("Write(%q) = %d, %v", text, n, err)
		}
		want := all.String()
		want = want[max(0, len(want)-10):]
		if got := tail.String(); got != want {
			t.Fatalf("after %d writes the tail is %q, want %q", i+1, got, want)
		}
	}
}
