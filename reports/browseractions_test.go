package reports_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports/internal/reporttest"
)

// The test does what a reader does with mouse and keyboard. The page shows real results: 8 rows
// in 4 tables with 4 implementations.
func TestBrowserUse(t *testing.T) {
	browser := reporttest.NewBrowser(t)
	path := pageOf(t, "full")
	uses := []struct {
		name string
		use  func(p tab)
		ends bool // with the page as it was at first, so that the next use needs no new one
		once bool // runs once in CI: few readers use this control, and it needs a page of its own
	}{
		{"filter", useFilter, true, false}, {"faces", useFaces, true, false}, {"units", useUnits, true, false},
		{"values", useValues, true, false}, {"tooltip", useTooltip, true, false},
		{"run order", useRunOrder, false, false}, {"columns", useColumns, false, false},
		{"keyboard", useKeyboard, false, false}, {"charts", useCharts, false, false},
		{"links", useLinks, false, false}, {"zoom", useZoom, false, true}, {"theme", useTheme, false, true},
		{"print", usePrint, false, true}, {"folds", useFolds, false, true}, {"rows", useRows, false, true},
		{"pairs", usePairs, false, true},
	}
	tab := tab{reporttest.NewTab(t, browser, path)}
	fresh := false
	for _, u := range uses {
		t.Run(u.name, func(t *testing.T) {
			if u.once {
				longtest.NeedCI(t, "the uses before")
			}
			u.use(tab.again(t, look{Width: 1280}, fresh))
		})
		fresh = u.ends && !t.Failed()
	}
}

const (
	heatText    = `[...document.querySelectorAll("#heat td")].map(c => c.className + c.textContent).join("|")`
	visibleRows = `[...document.querySelectorAll("#heat tbody tr:not(.group, .mean)")].filter(r => r.checkVisibility()).length`
	firstCell   = `document.querySelector("#heat tbody td")`
	firstChart  = `document.querySelector("#percentiles").closest("section").querySelector("figure")`
)

func useFilter(p tab) {
	mustBe(p, visibleRows, 8)
	p.Do(chromedp.SendKeys(chromedp.CSS("#filter"), "contended permits=4"))
	mustBe(p, visibleRows, 1)
	mustBe(p, `document.querySelector("#found").textContent`, "1 of 8 rows")
	mustBe(p, `[...document.querySelectorAll("#heat .mean")].filter(r => r.checkVisibility()).length`, 0)
	p.Run(`$("filter").value = "nothing has this"; $("filter").dispatchEvent(new Event("input"))`)
	mustBe(p, visibleRows, 0)
	p.Run(`$("filter").value = ""; $("filter").dispatchEvent(new Event("input"))`)
	mustBe(p, visibleRows, 8)
}

func useColumns(p tab) {
	p.Do(chromedp.Click(chromedp.CSS(`#columns input[value="1"]`)))
	mustBe(p, `[...document.querySelectorAll("#heat thead th")].filter(c => c.checkVisibility()).length`, 3)
	mustBe(p, `[...document.querySelectorAll(".heat td:nth-child(3)")].filter(c => c.checkVisibility()).length`, 0)
	p.showCharts()
	mustBe(p, firstPlot+`.series[4].show`, false)
	mustBe(p, firstPlot+`.series[1].show`, true)
}

func useFaces(p tab) {
	before := ask[string](p, heatText)
	p.Do(chromedp.Click(chromedp.CSS(`input[name=face][value=abs]`)))
	mustBe(p, firstCell+`.firstChild.textContent.endsWith("ns")`, true)
	p.Do(chromedp.Click(chromedp.CSS(`input[name=face][value=rel]`)))
	mustBe(p, heatText, before) // the scripts draw the same cells as the page has
}

func useUnits(p tab) {
	before := ask[string](p, heatText)
	choose := func(unit string) {
		p.Run(`{ const s = $("unit"); s.value = [...s.options].find(o => o.text === "` + unit +
			`").value; s.dispatchEvent(new Event("change")) }`)
	}
	choose("jain")
	mustBe(p, `document.querySelector("#heat caption").firstChild.textContent`, "jain, more is better")
	mustBe(p, visibleRows, 7) // the uncontended row is hidden, because it has no such unit
	if ask[string](p, heatText) == before {
		p.T.Error("another unit shows the same cells")
	}
	choose("sec/op")
	mustBe(p, heatText, before)
	mustBe(p, visibleRows, 8)
}

func useTooltip(p tab) {
	p.pointAt(firstCell)
	p.Until(`document.querySelector("#tip").checkVisibility()`)
	tip := ask[string](p, `document.querySelector("#tip").innerText`)
	for _, want := range []string{"cond", "uncontended", "of 6 samples", "95 %", "against best", "corrected for"} {
		if !strings.Contains(tip, want) {
			p.T.Errorf("tooltip lacks %q: %s", want, tip)
		}
	}
	p.snap("tooltip")
	p.pointAt("document.querySelector('h1')")
	p.Until(`!document.querySelector("#tip").checkVisibility()`)
}

func useKeyboard(p tab) {
	p.Run(firstCell + `.focus()`)
	for _, key := range []string{kb.ArrowDown, kb.ArrowRight} {
		p.Do(chromedp.KeyEvent(key))
	}
	mustBe(p, `document.activeElement === heatRows[1].cells[2]`, true)
	mustBe(p, `document.querySelector("#tip").checkVisibility()`, true)
	mustBe(p, `document.activeElement.getAttribute("aria-describedby")`, "tip")
	mustBe(p, `document.querySelectorAll("#heat td[tabindex]").length`, 1)
}

func useRunOrder(p tab) {
	p.Run(firstCell + `.click()`)
	p.Until(`document.querySelector("#run canvas")`)
	mustBe(p, `document.querySelector("#run .u-legend td").textContent !== ""`, true)
	p.snap("run-order")
	p.Do(chromedp.Click(chromedp.CSS("#run button")))
	mustBe(p, `document.querySelector("#run").checkVisibility()`, false)
}

// firstPlot is the object of uPlot for the first chart of percentiles.
const firstPlot = `charts.get(` + firstChart + `.querySelector(".plot")).plot`

func (p tab) showCharts() {
	p.T.Helper()
	p.Run(firstChart + `.scrollIntoView()`)
	p.Until(firstChart + `.querySelector("canvas")`)
}

func useCharts(p tab) {
	p.showCharts()
	p.pointAt(firstChart + `.querySelector(".u-over")`)
	p.Until(firstPlot + `.cursor.idx === 2`)
	legend := ask[string](p, firstChart+`.querySelector(".u-legend").innerText`)
	for _, want := range []string{"p99", "cond", "weighted", "ns"} {
		if !strings.Contains(legend, want) {
			p.T.Errorf("legend lacks %q: %s", want, legend)
		}
	}
	p.Do(chromedp.Click(chromedp.CSS(`input[name="percentiles-face"][value=rel]`)))
	p.Run(firstChart + `.scrollIntoView()`)
	p.pointAt(firstChart + `.querySelector(".u-over")`)
	p.Until(firstChart + `.querySelector(".u-legend").innerText.includes("1×")`)
	p.snap("times-the-best")
}

func useZoom(p tab) {
	p.showCharts()
	before := ask[float64](p, firstPlot+`.scales.x.max - `+firstPlot+`.scales.x.min`)
	box := p.box(firstChart + `.querySelector(".u-over")`)
	y := box.Y + box.Height/2
	p.Do(chromedp.DragAndDropXY(box.X+box.Width*0.3, y, box.X+box.Width*0.7, y))
	after := ask[float64](p, firstPlot+`.scales.x.max - `+firstPlot+`.scales.x.min`)
	if after > before*0.6 {
		p.T.Errorf("the drawn x axis is %v long after zooming in, was %v", after, before)
	}
	p.snap("zoomed")
	p.Do(chromedp.DoubleClick(chromedp.CSS(`section[aria-labelledby=percentiles] figure .u-over`)))
	mustBe(p, firstPlot+`.scales.x.max - `+firstPlot+`.scales.x.min`, before)
}

// Charts are pixels: a change of the theme must redraw them.
func useTheme(p tab) {
	p.showCharts()
	const pixels = firstChart + `.querySelector("canvas").toDataURL()`
	light := ask[string](p, pixels)
	p.Do(look{Dark: true}.Media())
	p.Until(`charts.values().next().value && ` + firstPlot + `.series[1]._stroke === getComputedStyle(document.documentElement).getPropertyValue("--c1").trim()`)
	if ask[string](p, pixels) == light {
		p.T.Error("the chart has the colors of the other theme")
	}
}

func useValues(p tab) {
	csv, err := chromedp.Run(p.Ctx, chromedp.Evaluate[string](`samplesCSV()`,
		func(e *runtime.EvaluateParams) { e.AwaitPromise = new(true) }))
	if err != nil {
		p.T.Fatal(err)
	}
	if n := strings.Count(csv, "\n"); n < 192*10 {
		p.T.Errorf("%d lines, want one for each value of 192 lines", n)
	}
	if want := `"uncontended","permits=1 goroutines=1","cond","sec/op",1,4.663e-8`; !strings.Contains(csv, want) {
		p.T.Errorf("the values lack %q: %.200s", want, csv)
	}
}

// A link to a folded section opens its first fold.
func useFolds(p tab) {
	const folds = `[...document.querySelectorAll("section[aria-labelledby=samples] > details")]`
	mustBe(p, folds+`.some(d => d.open)`, false)
	p.Do(chromedp.Click(chromedp.CSS(`nav a[href="#samples"]`)))
	p.Until(folds + `[0].open`)
	mustBe(p, `document.querySelector("nav").getBoundingClientRect().top`, 0) // and the links stay in view
}

// The name of a row opens the row as Markdown and the command that profiles it, both with the columns
// and in the unit that the page shows.
func useRows(p tab) {
	mustBe(p, `$("row").checkVisibility()`, false)
	p.Do(chromedp.Click(chromedp.CSS(`#heat tbody tr:not(.group) th a`)))
	p.Until(`$("row").checkVisibility()`)
	mustBe(p, `location.hash`, ask[string](p, `"#row=" + heatRows[0].id`))
	mustBe(p, `document.querySelectorAll("#row pre")[0].textContent`,
		"| uncontended permits=1 goroutines=1 (sec/op, less is better) | cond | channel | spin | weighted |\n"+
			ask[string](p, `"| --- | --: | --: | --: | --: |\n|  | " + [...heatRows[0].cells].slice(1)
			.map(c => c.firstChild.textContent + (c.childNodes[1] ? " (" + c.childNodes[1].textContent + ")" : ""))
			.join(" | ") + " |\n"`))
	command := ask[string](p, `document.querySelectorAll("#row pre")[1].textContent`)
	if want := "go test -run '^$' -bench '^BenchmarkSemaphore$/^workload=uncontended$/^impl=cond$/^permits=1$/" +
		"^goroutines=1$'"; !strings.HasPrefix(command, want) ||
		!strings.HasSuffix(command, " && go tool pprof -top cpu.out") {
		p.T.Errorf("the command is %q, want it to begin with %q", command, want)
	}
	p.Do(chromedp.Click(chromedp.CSS(`#columns input[value="0"]`)))
	p.Until(`document.querySelectorAll("#row pre")[1].textContent.includes("^impl=channel$")`)
	mustBe(p, `document.querySelectorAll("#row pre")[0].textContent.includes("cond")`, false)
	p.Run(`document.querySelector("#row button").click()`)
	mustBe(p, `$("row").checkVisibility()`, false)
	mustBe(p, `location.hash`, "#hide=cond")
	p.Run(`$("columns").querySelector("input").click()`)
	mustBe(p, `location.hash`, "")
}

// The address says what the page shows, and the page shows what an address says.
func useLinks(p tab) {
	before := ask[string](p, heatText)
	p.Run(`$("filter").value = "contended"; $("filter").dispatchEvent(new Event("input", { bubbles: true }))`)
	p.Run(`{ const s = $("unit"); s.value = [...s.options].find(o => o.text === "jain").value;
		s.dispatchEvent(new Event("change", { bubbles: true })) }`)
	p.Do(chromedp.Click(chromedp.CSS(`input[name=face][value=abs]`)))
	p.Do(chromedp.Click(chromedp.CSS(`#columns input[value="3"]`)))
	mustBe(p, `location.hash`, "#unit=jain&face=abs&rows=contended&hide=weighted")
	shown, rows := ask[string](p, heatText), ask[int](p, visibleRows)
	hash := ask[string](p, `location.hash`)
	for _, other := range []string{"#unit=no such unit&hide=nothing&row=r-00000000", hash} {
		p.Run(`location.hash = "` + other + `"`)
		p.Until(`loadState.last === location.hash`)
	}
	mustBe(p, heatText, shown)
	mustBe(p, visibleRows, rows)
	mustBe(p, `document.querySelector('#columns input[value="3"]').checked`, false)
	// A link with names that the page lacks shows the page as it was at first.
	p.Run(`location.hash = "#unit=no such unit&hide=nothing&row=r-00000000"`)
	p.Until(`loadState.last === location.hash`)
	mustBe(p, heatText, before)
	mustBe(p, visibleRows, 8)
	// A link to a row marks it.
	p.Run(`location.hash = "#" + heatRows[1].id`)
	p.Until(`view.row === heatRows[1]`)
	mustBe(p, `$("row").checkVisibility()`, true)
}

// Every control is used after every other one and after itself. No order may raise an error, leave a
// visible cell empty, or keep the page busy; in the end the page shows what it showed at first.
func usePairs(p tab) {
	p.showCharts()
	before := ask[string](p, heatText)
	set := func(id, event, change string) string {
		return `{ const e = $("` + id + `"); ` + change + `; e.dispatchEvent(new Event("` + event + `")) }`
	}
	boxes := func(checked string) string {
		return `{ [...$("columns").querySelectorAll("input")].forEach((b, i) => b.checked = ` + checked + `);
			$("columns").dispatchEvent(new Event("change")) }`
	}
	radio := func(name, value string) string {
		return `document.querySelector('input[name="` + name + `"][value=` + value + `]').click()`
	}
	controls := []string{
		set("filter", "input", `e.value = "contended"`), set("filter", "input", `e.value = "nothing has this"`),
		set("filter", "input", `e.value = ""`),
		boxes("false"), boxes("i === 1"), boxes("i !== 0"), boxes("true"),
		set("unit", "change", `e.selectedIndex = e.options.length - 1`), set("unit", "change", `e.selectedIndex = 0`),
		radio("face", "abs"), radio("face", "rel"),
		radio("percentiles-face", "rel"), radio("percentiles-face", "abs"),
		firstCell + `.click()`, `document.querySelector("#run button")?.click()`,
		`heatRows[0].querySelector("a").click()`, `document.querySelector("#row button")?.click()`,
		firstCell + `.focus()`, `dispatchEvent(new Event("resize"))`, `location.hash = "#samples"`,
	}
	resets := []string{controls[2], controls[6], controls[8], controls[10], controls[12], controls[14]}
	// The controls that once hung or emptied the page come first in the short run.
	if n := longtest.Or(p.T, "controls, each after each", len(controls), 7); n < len(controls) {
		controls = append([]string{controls[3], controls[6], controls[7], controls[9], controls[11], controls[13]}, controls[1])
	}
	// One statement of the browser plays all pairs of a first control.
	for _, first := range controls {
		p.Run("window.empty = 0")
		var script strings.Builder
		for _, second := range controls {
			fmt.Fprintf(&script, "%s; %s; empty += [...document.querySelectorAll('#heat tbody td')]"+
				".filter(c => c.checkVisibility() && !c.textContent).length;\n", first, second)
		}
		p.Run(script.String())
		mustBe(p, "empty", 0)
	}
	for _, reset := range resets {
		p.Run(reset)
	}
	mustBe(p, heatText, before)
	mustBe(p, visibleRows, 8)
	mustBe(p, firstPlot+`.series[1].show`, true)
}

func usePrint(p tab) {
	pdf, err := chromedp.Run(p.Ctx, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4),
		chromedp.PDFPrintBackground()))
	if err != nil {
		p.T.Fatal(err)
	}
	mustBe(p, `[...document.querySelectorAll("figure .plot")].every(p => p.querySelector("canvas"))`, true)
	reporttest.SaveScreenshot(p.T, "full.pdf", func() ([]byte, error) { return pdf, nil })
}

type box struct{ X, Y, Width, Height float64 }

func (p tab) box(element string) box {
	p.T.Helper()
	return ask[box](p, `(() => { const b = `+element+`.getBoundingClientRect();
		return { X: b.x, Y: b.y, Width: b.width, Height: b.height } })()`)
}

func (p tab) pointAt(element string) {
	p.T.Helper()
	// A page learns of a scroll with the next frame, and then hides its tooltip.
	p.Run(`window.scrolled = false; ` + element + `.scrollIntoView({ block: "center" });
		requestAnimationFrame(() => requestAnimationFrame(() => scrolled = true))`)
	p.Until(`scrolled`)
	b := p.box(element)
	p.Do(chromedp.MouseEvent("mouseMoved", b.X+b.Width/2, b.Y+b.Height/2))
}
