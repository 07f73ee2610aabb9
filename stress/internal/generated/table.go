package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/semabench/semabench/stress/internal/mutate"
)

// A result says what each judge found: survived, or what it refuted the mutant by. An empty string
// means that the judge was not asked. It is no verdict and counts nowhere.
type result struct {
	Stress, Explore string
	Own             string // the tests of its own package, of a subject that has some
}

// survived is the verdict of a judge that found nothing.
const survived = "survived"

// refutes reports whether a judge's word is a refutation. An unknown is none: a judge that refused
// or ended did not find the defect.
func refutes(said string) bool {
	return said != "" && said != survived && !strings.HasPrefix(said, "unknown")
}

// whole reports whether both judges have judged.
func (r result) whole() bool { return r.Stress != "" && r.Explore != "" }

// missing stands in the table for the verdict of a judge that was not asked.
const missing = "–"

// A class says why a survivor survived. It is a judgement of a person, so it stands in a file of
// its own that no run writes.
type class struct {
	kind     string // equivalent, outside or miss
	argument string
}

// A table has all mutants and what is known of them. The file is the store as well as the page for
// readers. So there is no second file that could disagree.
type table struct {
	path     string
	subjects []*subject
	results  map[string]result // by the ID of a mutant
	classes  map[string]class
}

const classesFile = "stress/internal/generated/classes.txt"

// openTable makes the mutants of designs and reads the results of earlier runs. Results of mutants
// that no longer exist are forgotten. A result without its mutant would be counted for a change
// that the source no longer allows.
func openTable(o options, subjects []*subject) (*table, error) {
	t := &table{path: filepath.Join(o.root, filepath.FromSlash(o.out)), subjects: subjects, results: map[string]result{}}
	if filepath.IsAbs(o.out) {
		t.path = o.out
	}
	exists := map[string]bool{}
	for _, s := range t.subjects {
		if err := s.load(o.root); err != nil {
			return nil, err
		}
		for _, m := range s.all {
			exists[m.ID] = true
		}
	}
	text, err := os.ReadFile(t.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		// | id | design | where | operator | stress | explore | own tests | Other tables of the page have other
		// numbers of cells, and no ID in the first.
		cells := strings.Split(line, " | ")
		if (len(cells) == 6 || len(cells) == 7) && exists[strings.TrimPrefix(cells[0], "| ")] {
			said := func(i int) string {
				if i >= len(cells) {
					return "" // a page from before the tests of a package judged
				}
				return strings.TrimSuffix(strings.TrimSuffix(cells[i], " |\n"), missing)
			}
			t.results[strings.TrimPrefix(cells[0], "| ")] = result{said(4), said(5), said(6)}
		}
	}
	classes, err := os.ReadFile(filepath.Join(o.root, filepath.FromSlash(classesFile)))
	if err != nil {
		return nil, err
	}
	if t.classes, err = parseClasses(string(classes)); err != nil {
		return nil, fmt.Errorf("%s: %w", classesFile, err)
	}
	return t, nil
}

// parseClasses reads lines of the form "ID kind: argument". A line that begins with a blank
// continues the argument. A line that begins with # is a comment. The form is for a person with an
// editor, so the error names the line.
func parseClasses(text string) (map[string]class, error) {
	classes := map[string]class{}
	last := ""
	for i, line := range strings.Split(text, "\n") {
		switch {
		case line == "" || line[0] == '#':
		case line[0] == ' ' && last != "":
			c := classes[last]
			c.argument += " " + strings.TrimSpace(line)
			classes[last] = c
		default:
			head, argument, ok := strings.Cut(line, ": ")
			id, kind, _ := strings.Cut(head, " ")
			if !ok || !slices.Contains([]string{"equivalent", "outside", "miss"}, kind) {
				return nil, fmt.Errorf("line %d: want “ID equivalent|outside|miss: argument”", i+1)
			}
			classes[id] = class{kind, argument}
			last = id
		}
	}
	return classes, nil
}

func (t *table) row(s *subject, m mutate.Mutant, r result) string {
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |\n", m.ID, s.name, m.Where(), m.Operator,
		cell(r.Stress), cell(r.Explore), cell(r.Own))
}

// cell keeps a verdict on one line of a table. A verdict may have several lines and bars, which
// would end the row or a cell. 90 characters show which check it was.
func cell(text string) string {
	text = strings.Join(strings.Fields(cmp.Or(text, missing)), " ")
	if runes := []rune(text); len(runes) > 90 {
		text = string(runes[:90]) + "…"
	}
	return strings.ReplaceAll(text, "|", "/")
}

// A tally counts the mutants of one row of the summary.
//
// A mutant that no judge can refute is left out of the shares, or they would measure how many
// equivalent mutants the operators make. A class does not excuse a refuted one: there a person was
// wrong.
type tally struct {
	all, unkillable       int   // unkillable ones are classified so, and were not refuted
	stress, explore, both share // of the others
	miss, open            int   // survivors of both judges
}

// A share counts how many of the mutants that a judge has judged it refuted.
type share struct{ of, refuted int }

func (s *share) add(refuted bool) {
	s.of++
	if refuted {
		s.refuted++
	}
}

func (s share) String() string {
	if s.of == 0 {
		return missing
	}
	return fmt.Sprintf("%d of %d (%.1f %%)", s.refuted, s.of, float64(100*s.refuted)/float64(s.of))
}

// A mutant that one judge has judged counts for this judge, and not for both together.
func (t *table) count(y *tally, m mutate.Mutant) {
	y.all++
	r := t.results[m.ID]
	if r == (result{}) {
		return
	}
	byStress, byExplore := refutes(r.Stress), refutes(r.Explore)
	kind := t.classes[m.ID].kind
	if !byStress && !byExplore && (kind == "equivalent" || kind == "outside") {
		y.unkillable++
		return
	}
	if r.Stress != "" {
		y.stress.add(byStress)
	}
	if r.Explore != "" {
		y.explore.add(byExplore)
	}
	if !r.whole() {
		return
	}
	y.both.add(byStress || byExplore)
	switch {
	case byStress || byExplore:
	case kind == "miss":
		y.miss++
	default:
		y.open++
	}
}

// cells shows a tally as cells of a table.
func (y tally) cells() string {
	return fmt.Sprintf("%d | %d | %v | %v | %v | %d | %d", y.all, y.unkillable, y.stress, y.explore,
		y.both, y.miss, y.open)
}

// summary returns the shares by design and by operator, in Markdown.
func (t *table) summary() string {
	const head = " | mutants | equivalent or outside | stress | explore | together | misses | not classified |\n" +
		"| :-- | --: | --: | --: | --: | --: | --: | --: |\n"
	var b strings.Builder
	var sum tally
	operators := map[string]*tally{}
	b.WriteString("| design" + head)
	for _, s := range t.subjects {
		var y tally
		for _, m := range s.all {
			t.count(&y, m)
			t.count(&sum, m)
			if operators[m.Operator] == nil {
				operators[m.Operator] = &tally{}
			}
			t.count(operators[m.Operator], m)
		}
		fmt.Fprintf(&b, "| %s | %s |\n", s.name, y.cells())
	}
	fmt.Fprintf(&b, "| all | %s |\n\n| operator%s", sum.cells(), head)
	names := []string{}
	for name := range operators {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "| %s | %s |\n", name, operators[name].cells())
	}
	return b.String()
}

// ownSummary returns a table of the subjects whose packages have tests. There the judges come one after the other, the
// cheapest first, and each meets the survivors of the ones before. A mutant outside of the contract of impls.Semaphore
// counts: the tests of a package judge all that the package documents.
func (t *table) ownSummary() string {
	var b strings.Builder
	b.WriteString("| design | file | mutants | judged | own tests | then stress | then explore | equivalent | left | refuted |\n" +
		"| :-- | :-- | --: | --: | --: | --: | --: | --: | --: | --: |\n")
	for _, s := range t.subjects {
		if !s.tests {
			continue
		}
		var sum cascade
		files := map[string]*cascade{}
		for _, m := range s.all {
			if files[m.File] == nil {
				files[m.File] = &cascade{}
			}
			for _, c := range []*cascade{files[m.File], &sum} {
				c.add(t.results[m.ID], t.classes[m.ID].kind)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(files)) {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", s.name, name, files[name].cells())
		}
		fmt.Fprintf(&b, "| %s | all | %s |\n", s.name, sum.cells())
	}
	return b.String()
}

// A cascade counts mutants by the first judge that refuted them.
type cascade struct{ all, judged, own, stress, explore, equivalent, left int }

// add counts a mutant that the tests of its package have judged. A survivor counts as left before the later judges have
// judged it: so the share of refuted mutants is a lower bound, and grows as they do.
func (c *cascade) add(r result, kind string) {
	c.all++
	if r.Own == "" {
		return // its contract alone was judged
	}
	switch {
	case refutes(r.Own):
		c.own++
	case refutes(r.Stress):
		c.stress++
	case refutes(r.Explore):
		c.explore++
	case kind == "equivalent":
		c.equivalent++ // by an argument, which needs no verdict of the later judges
	default:
		c.left++
	}
	c.judged++
}

func (c cascade) cells() string {
	refuted := share{c.judged - c.equivalent, c.own + c.stress + c.explore}
	return fmt.Sprintf("%d | %d | %d | %d | %d | %d | %d | %v", c.all, c.judged, c.own, c.stress, c.explore,
		c.equivalent, c.left, refuted)
}

// survivors returns the mutants that no judge refuted, with their changes: first the misses, then
// those without a class, then the others. Misses come first, because they are the work that is
// left.
func (t *table) survivors() string {
	type survivor struct {
		s *subject
		m mutate.Mutant
		c class
	}
	var all []survivor
	for _, s := range t.subjects {
		for _, m := range s.all {
			r := t.results[m.ID]
			if s.tests && refutes(r.Own) {
				continue
			}
			if r.whole() && !refutes(r.Stress) && !refutes(r.Explore) {
				all = append(all, survivor{s, m, t.classes[m.ID]})
			}
		}
	}
	order := map[string]int{"miss": 0, "": 1, "outside": 2, "equivalent": 3}
	slices.SortStableFunc(all, func(a, b survivor) int { return cmp.Compare(order[a.c.kind], order[b.c.kind]) })
	var b strings.Builder
	for _, v := range all {
		kind := cmp.Or(v.c.kind, "not classified")
		fmt.Fprintf(&b, "\n### %s: %s, %s in %s, %s\n\n", v.m.ID, kind, v.m.Operator, v.m.Func, v.m.Where())
		if v.c.argument != "" {
			fmt.Fprintf(&b, "%s\n\n", v.c.argument)
		}
		fmt.Fprintf(&b, "```diff\n%s```\n", v.m.Diff())
	}
	return b.String()
}

// write writes the table to a new file and renames it, so that an interrupt loses no result. It is
// called after every verdict, so the cost matters: a page of some thousand lines takes
// milliseconds, and a verdict takes seconds.
func (t *table) write() error {
	var b strings.Builder
	b.WriteString("# Mutants made by machine\n\n" +
		"Made by `make mutants`, see stress/internal/generated. Each mutant is one of the correct\n" +
		"designs with one small change. A share is of the mutants that the judge has judged, without those\n" +
		"that are classified as equivalent to the original or outside the contract of impls.Semaphore.\n" +
		"Together counts the mutants that both have judged.\n\n")
	b.WriteString(t.summary())
	b.WriteString("\n## With the tests of their package\n\n" +
		"The tests of a package judge first, and what they refute meets no other judge. So in the tables above the\n" +
		"judges of these designs judge mostly what is hard to refute. Left are survivors that are not equivalent to\n" +
		"the original. Survivors that the later judges have not judged yet, with a verdict “unknown”, count as left.\n\n" + t.ownSummary())
	b.WriteString("\n## Survivors\n" + t.survivors())
	b.WriteString("\n## All mutants\n\n| mutant | design | place | operator | stress | explore | own tests |\n" +
		"| :-- | :-- | :-- | :-- | :-- | :-- | :-- |\n")
	for _, s := range t.subjects {
		for _, m := range s.all {
			if r := t.results[m.ID]; r != (result{}) {
				b.WriteString(t.row(s, m, r))
			}
		}
	}
	if err := os.WriteFile(t.path+".new", []byte(b.String()), 0o644); err != nil {
		return err
	}
	return os.Rename(t.path+".new", t.path)
}
