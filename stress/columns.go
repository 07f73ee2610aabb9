package stress

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A moment is the beginning or the end of a call, or the observation that nothing moved.
type moment struct {
	stamp int64
	log   int // -1 for the observation
	text  string
}

// columns shows the history as a table: time runs downwards, and each goroutine that made a call
// has its column. A call during which nothing else happened takes one line.
func (h *history) columns() string {
	const most = 60
	moments := h.moments()
	left := h.columnEdges(moments)
	head, lines := "", []string{}
	for i, at := range left {
		if at >= 0 {
			head += strings.Repeat(" ", at-utf8.RuneCountInString(head)) + h.who(i)
		}
	}
	for _, m := range moments {
		if m.log < 0 {
			lines = append(lines, "--- "+m.text)
			continue
		}
		lines = append(lines, strings.Repeat(" ", left[m.log])+m.text)
	}
	if more := len(lines) - most; more > 0 {
		lines = append([]string{fmt.Sprintf("… %d earlier lines", more)}, lines[more:]...)
	}
	return "  " + strings.Join(append([]string{head}, lines...), "\n  ") + "\n"
}

// columnEdges returns where the column of each log begins, or -1 if it has none.
func (h *history) columnEdges(moments []moment) []int {
	widths := make([]int, len(h.logs))
	for _, m := range moments {
		if m.log >= 0 {
			widths[m.log] = max(widths[m.log], len(h.who(m.log)), utf8.RuneCountInString(m.text))
		}
	}
	left := make([]int, len(h.logs))
	next := 0
	for i, width := range widths {
		left[i] = -1
		if width > 0 {
			left[i] = next
			next += width + 2
		}
	}
	return left
}

// moments returns what is to be shown, in the order in which it happened.
func (h *history) moments() []moment {
	all := []moment{}
	over := h.over.Load()
	if over > 0 {
		all = append(all, moment{over, -1, "here it was seen to be wrong"})
	}
	for i, log := range h.logs {
		for at := range log.published() {
			e := &log.entries[at]
			all = append(all, moment{e.call, i, e.kind.call(e.n)})
			if stamp, ok := e.returned(); stamp > 0 {
				all = append(all, moment{stamp, i, "= " + e.kind.result(ok)})
			}
		}
	}
	for _, q := range h.quiet {
		all = append(all, moment{q, -1, "nothing can move any more"})
	}
	slices.SortFunc(all, func(a, b moment) int { return cmp.Compare(a.stamp, b.stamp) })
	if over > 0 {
		all = slices.DeleteFunc(all, func(m moment) bool { return m.stamp > over })
	}
	return joined(all)
}

// joined makes one moment of a call and its return if nothing is between them.
func joined(all []moment) (kept []moment) {
	for _, m := range all {
		if last := len(kept) - 1; last >= 0 && m.log >= 0 && kept[last].log == m.log {
			if text, ok := strings.CutPrefix(m.text, "= "); ok {
				kept[last].text += " = " + text
				continue
			}
		}
		kept = append(kept, m)
	}
	return kept
}

func (k kind) result(ok bool) string {
	switch {
	case k == try:
		return fmt.Sprint(ok)
	case k == release:
		return "done"
	case ok:
		return "nil"
	}
	return "error"
}
