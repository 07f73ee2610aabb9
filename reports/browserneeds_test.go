package reports_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/semabench/semabench/reports"
	"github.com/semabench/semabench/reports/internal/reporttest"
)

// The switches of needs and costs give the answers that the command gives with -require and -weight.
func TestBrowserNeeds(t *testing.T) {
	text := declarations + "Unit p99-ns better=lower\n" + rowOf("n=1", 100, 200, 300) + rowOf("n=2", 100, 300, 310)
	path := filepath.Join(t.TempDir(), "needs.html")
	if err := os.WriteFile(path, []byte(render(t, reports.WriteHTML, compare(t, "", text))), 0o644); err != nil {
		t.Fatal(err)
	}
	p := open(t, reporttest.NewBrowser(t), path, look{Width: 1280})
	const answer = `document.querySelector("table.answers tbody").innerHTML`
	const state = `needBoxes().map(b => b.parentNode.textContent.trim() + b.checked).join()`
	before := ask[string](p, `document.querySelector("table.answers").innerHTML`)
	mustBe(p, state, "quiettrue,smallfalse") // fair is met by all, so it is no switch
	toggle := func(need string) {
		t.Helper()
		p.Do(chromedp.Click(chromedp.CSS(`#choices input[type=checkbox][value="` + need + `"]`)))
	}
	expect := func(o reports.Options) {
		t.Helper()
		// The page that the command writes with these flags has the same table, cell by cell.
		c, _ := answersOf(t, o, text)
		whole := render(t, reports.WriteHTML, c)
		whole = whole[strings.Index(whole, `<table class="answers">`):]
		p.Run("window.want = " + strconv.Quote(whole[:strings.Index(whole, "</table>")+len("</table>")]))
		mustBe(p, answer+`.trim()`, ask[string](p,
			`new DOMParser().parseFromString(want, "text/html").querySelector("tbody").innerHTML.trim()`))
	}
	toggle("0")
	expect(reports.Options{Require: []string{"fair"}})
	mustBe(p, `location.hash`, "#require=none")
	mustBe(p, `$("requirement").textContent`, "(recommended by throughput, among the columns that meet fair)")
	toggle("1")
	expect(reports.Options{Require: []string{"fair", "small"}})
	mustBe(p, `location.hash`, "#require=small")
	p.Do(chromedp.Click(chromedp.CSS(`#choices input[type=radio][value="2"]`)))
	expect(reports.Options{Require: []string{"fair", "small"}, Weight: reports.CPU})
	mustBe(p, `location.hash`, "#require=small&weight=cpu")
	p.Run(`location.hash = "#require=quiet,small"`)
	p.Until(`loadState.last === location.hash`)
	expect(reports.Options{Require: []string{"quiet", "fair", "small"}})
	p.Run(`location.hash = "#x=1"`)
	p.Until(`loadState.last === location.hash`)
	mustBe(p, `document.querySelector("table.answers").innerHTML`, before)
	// A text without declarations has no switches.
	plain := render(t, reports.WriteHTML, compare(t, "", rowOf("n=1", 100, 200)))
	if err := os.WriteFile(path, []byte(plain), 0o644); err != nil {
		t.Fatal(err)
	}
	p = open(t, reporttest.NewBrowser(t), path, look{Width: 1280})
	mustBe(p, `$("choices")`, any(nil))
}
