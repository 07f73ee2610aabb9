package reports_test

import (
	"os"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
)

// attached has a table of verdicts, with hostile names in it.
var attached = reports.HTML{Attachments: []reports.Attachment{{
	Title: "Proofs <&>",
	Intro: "What each implementation was shown to keep.",
	Cols:  []string{"clause", "a", "<script>alert(1)</script>"},
	Rows: [][]reports.Remark{
		{{Text: "try never waits"}, {Text: "pass", Tone: reports.Good}, {Text: "FAIL: </table>", Tone: reports.Bad}},
		{{Text: "fifo"}, {Text: "not promised", Tone: reports.Neutral}, {Text: "2 of 7 runs", Tone: reports.Unsure}},
	},
}}}

func TestAttachments(t *testing.T) {
	c := compare(t, "", samples("a", 1))
	paths, err := attached.WriteDir(t.TempDir(), c)
	if err != nil {
		t.Fatal(err)
	}
	var page string
	for _, path := range paths {
		if strings.HasSuffix(path, ".html") {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			page = string(text)
		}
	}
	for _, want := range []string{
		`<h2 id="attached-table-1">Proofs &lt;&amp;&gt;</h2>`,
		`<td class="good"><b>✓</b> pass</td>`,
		`<td class="bad"><b>✗</b> FAIL: &lt;/table&gt;</td>`,
		`<td class="unknown"><b>?</b> 2 of 7 runs</td>`,
		`<td class="plain">not promised</td>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("page lacks %s", want)
		}
	}
}

// An attachment that does not fit is replaced by a sentence, and the page keeps its size.
func TestLargeAttachment(t *testing.T) {
	long := [][]reports.Remark{{{Text: strings.Repeat("x", 700_000)}}}
	h := reports.HTML{Attachments: []reports.Attachment{{Title: "Long", Rows: long}}}
	page := render(t, h.Write, compare(t, "", samples("a", 1)))
	if len(page) > maxPageBytes || !strings.Contains(page, "Too large for this page.") {
		t.Errorf("page has %d bytes, want at most %d and a word about it", len(page), maxPageBytes)
	}
}
