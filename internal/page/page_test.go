package page_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/semabench/semabench/internal/page"
)

var files = fstest.MapFS{
	"page.tmpl":   {Data: []byte(`{{template "head" .}}<h1>{{.Title}}</h1>{{template "foot" .}}`)},
	"broken.tmpl": {Data: []byte(`<h1>{{.Absent}}</h1>`)},
}

var hashes = regexp.MustCompile(`'sha256-[^']+'`)

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(s[:]) + "'"
}

// A browser hashes exactly the text between the tags. The policy must name these hashes and no
// others.
func TestPolicyNamesWhatIsInThePage(t *testing.T) {
	head := page.Head{Title: "<Tasks>", Style: "p { color: red }\n",
		Scripts: []string{"var a = '<b>';", "a++"}}
	var out strings.Builder
	if err := page.Write(&out, page.Parse(files, "page.tmpl"), "page.tmpl", head); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	var want []string
	for _, element := range regexp.MustCompile(`(?s)<(?:style|script)>(.*?)</(?:style|script)>`).FindAllStringSubmatch(text, -1) {
		want = append(want, sum(element[1]))
	}
	if got := hashes.FindAllString(text, -1); len(want) != 3 || !slices.Equal(got, want) {
		t.Errorf("the policy has %v, the page has %v", got, want)
	}
	if !strings.Contains(text, `content="default-src 'none'; style-src 'sha256-`) {
		t.Errorf("the policy does not begin by forbidding everything:\n%.400s", text)
	}
	if !strings.Contains(text, "<h1>&lt;Tasks&gt;</h1>") || !strings.HasSuffix(text, "</html>\n") {
		t.Errorf("the page is\n%s", text)
	}
}

func TestPolicyAllowsWhatIsAskedFor(t *testing.T) {
	for _, test := range []struct {
		head page.Head
		want []string
		not  []string
	}{
		{page.Head{}, nil, []string{"script-src", "img-src", "unsafe-inline"}},
		{page.Head{DataImages: true}, []string{"; img-src data:"}, []string{"script-src", "unsafe-inline"}},
		{page.Head{StyleAttributes: true}, []string{"; style-src-elem 'sha256-", "; style-src-attr 'unsafe-inline'"}, nil},
		{page.Head{Scripts: []string{"x"}}, []string{"; script-src " + sum("x")}, []string{"unsafe-inline"}},
	} {
		policy := string(test.head.Policy())
		for _, w := range test.want {
			if !strings.Contains(policy, w) {
				t.Errorf("%+v: %s lacks %s", test.head, policy, w)
			}
		}
		for _, n := range test.not {
			if strings.Contains(policy, n) {
				t.Errorf("%+v: %s has %s", test.head, policy, n)
			}
		}
	}
}

func TestAFailureWritesNothing(t *testing.T) {
	var out strings.Builder
	err := page.Write(&out, page.Parse(files, "broken.tmpl"), "broken.tmpl", page.Head{})
	if err == nil || out.Len() > 0 {
		t.Errorf("Write = %v after %q, want an error and no output", err, out.String())
	}
}

func TestRoom(t *testing.T) {
	r := page.NewRoom(10)
	for _, test := range []struct {
		bytes int
		want  bool
		left  int
	}{{4, true, 6}, {7, false, 6}, {6, true, 0}, {1, false, 0}} {
		if got := r.Take(test.bytes); got != test.want || r.Left() != test.left {
			t.Errorf("Take(%d) = %v with %d left, want %v with %d", test.bytes, got, r.Left(), test.want,
				test.left)
		}
	}
}

func TestEscapedSizeIsABound(t *testing.T) {
	for _, text := range []string{"", "plain", `<a href="x">&'+` + "`\\", "ä"} {
		bound := page.EscapedSize(text)
		if html, js := len(template.HTMLEscapeString(text)), len(template.JSEscapeString(text)); bound < html || bound < js {
			t.Errorf("EscapedSize(%q) = %d, but it takes %d in HTML and %d in JavaScript", text, bound, html, js)
		}
	}
}
