package stress

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"strings"

	"github.com/anishathalye/porcupine"
)

// A caption says what the picture of a history shows.
type caption struct {
	impl   string
	report string // the program and what every goroutine did, for readers without scripts
}

//go:embed picture.css
var pictureStyle string

// The places of the clause and of the replay command on the page, which are known later: the clause when
// the verdict is made, and the test or the file that the command names when the page is written.
const (
	clauseMark = "<!-- clause -->"
	replayMark = "<!-- replay -->"
)

// withClause returns the page of a history with the sentence of the contract that it breaks.
func withClause(page []byte, c Clause) []byte {
	return bytes.Replace(page, []byte(clauseMark), []byte(html.EscapeString(
		fmt.Sprintf("%s %s: “%s”", c.ID, c.Name, c.Text))), 1)
}

// PageWith returns the page with a command that plays the program again, or nil without a page.
func (f *Failure) PageWith(replay string) []byte { return withReplay(f.Page, replay) }

// withReplay returns the page of a history with the command that plays it again.
func withReplay(page []byte, command string) []byte {
	return bytes.Replace(page, []byte(replayMark),
		[]byte("<p>To play it again: <code>"+html.EscapeString(command)+"</code></p>"), 1)
}

// page returns porcupine's interactive picture of the history, in HTML: the longest order that was
// found, and the calls that have no place in it. The search runs a second time with the recording
// of partial orders, which the first search leaves out because it is slow. It has the same bound of
// steps. Visualize replays steps, and gets a bound of its own.
func (l *linearization) page(c caption) ([]byte, error) {
	l.steps = 0
	_, info := porcupine.CheckOperationsVerbose(l.spec(), l.events, 0)
	var page bytes.Buffer
	l.steps = 0
	if err := porcupine.Visualize(l.spec(), info, &page); err != nil {
		return nil, fmt.Errorf("drawing the history: %w", err)
	}
	return l.captioned(page.String(), c)
}

// captioned adds to the page of porcupine what it lacks: the clause, the calls as text, a dark theme,
// and the numbers that workers have in the text, where porcupine numbers the rows.
//
// The parts of the page are found by their text. Another version of porcupine may write them in
// another way: that is an error, and no picture with half of its words.
func (l *linearization) captioned(page string, c caption) ([]byte, error) {
	from := strings.Index(page, `<div id="legend">`)
	till := from + len("</div>") + strings.Index(page[max(0, from):], "</div>")
	call := strings.LastIndex(page, "render(data)")
	if from < 0 || till < from || call < till ||
		!strings.Contains(page, "<title>Porcupine</title>") || !strings.Contains(page[:from], "</style>") {
		return nil, errors.New("drawing the history: this version of porcupine writes another page than v1.3.1 does")
	}
	numbers, err := json.Marshal(l.numbers)
	if err != nil {
		return nil, fmt.Errorf("drawing the history: %w", err)
	}
	_, claim, _ := strings.Cut(errNotLinearizable.Error(), ": ") // the clause stands below
	title := html.EscapeString(c.impl + ": " + claim)
	head := strings.Replace(page[:from], "<title>Porcupine</title>", "<title>"+title+"</title>", 1)
	head = strings.Replace(head, "</style>", pictureStyle+"</style>", 1)
	var out bytes.Buffer
	out.WriteString(head)
	fmt.Fprintf(&out, "<header>\n<h1>%s</h1>\n<p>%s</p>\n%s\n"+
		`<div id="legend">`+
		"<p>Each bar is a call, from its begin to its end; time goes from left to right. "+
		"The number of a row is the worker. The line is the longest order that was found: "+
		`<span class="valid">grey</span> calls have a place in it, and the <span class="invalid">red</span> `+
		"one has none. Point at a call to see the state before and after it. "+
		`<button type="button" id="jump-link" class="link">Go to the call without a place</button></p>`+
		"</div>\n</header>\n",
		title, clauseMark, replayMark)
	out.WriteString(page[till:call])
	out.WriteString("render(data)\n" +
		`document.querySelectorAll("#canvas svg > g:first-of-type > text").forEach((text, row) => ` +
		"{ text.textContent = " + string(numbers) + "[row] ?? text.textContent })")
	rest := page[call+len("render(data)"):]
	calls := "<h2>The calls as text</h2>\n<pre>" + html.EscapeString(strings.TrimSpace(c.report)) + "</pre>\n"
	out.WriteString(strings.Replace(rest, "</body>", calls+"</body>", 1))
	return out.Bytes(), nil
}
