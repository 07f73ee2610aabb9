package duel

import (
	"regexp"
	"strings"
	"sync"
)

// This file knows how package testing names benchmarks, selects them with -bench and prints them.
// Two processes have to agree on a name: the process that lists a benchmark and the process that runs it.
// So every use of a name goes through these functions, whichever way the row is measured.

// functionOf returns the function that a benchmark is in.
func functionOf(name string) string {
	name, _, _ = strings.Cut(name, "/")
	return name
}

// parentOf returns the name of the benchmark that a sub-benchmark is in, or "".
func parentOf(name string) string {
	i := strings.LastIndexByte(name, '/')
	if i < 0 {
		return ""
	}
	return name[:i]
}

// pattern returns the value of -bench that selects one benchmark. Package testing
// splits names at every slash, including slashes that a sub-benchmark's own name
// contains.
//
// A name with a bracket or a star is quoted level by level, so the pattern selects this
// benchmark and its children, and nothing else.
func pattern(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

// patternWithin returns the value of -bench that selects, of one function, the
// same benchmarks as a pattern. A pattern is alternatives, which have a part
// for each level of names. Package testing splits at | and / outside brackets,
// and patternWithin does the same. An alternative whose first part does not
// match the function selects nothing of it.
//
// Giving the pattern as it is would run every function that it selects, each time one of them is
// asked for.
func patternWithin(pattern, function string) string {
	var alternatives []string
	for _, alternative := range splitOutside(pattern, '|') {
		parts := splitOutside(alternative, '/')
		if ok, err := regexp.MatchString(parts[0], function); err != nil || !ok {
			continue
		}
		parts[0] = "^" + function + "$"
		alternatives = append(alternatives, strings.Join(parts, "/"))
	}
	if len(alternatives) == 0 {
		return "^$" // selects nothing, because no benchmark has the empty name
	}
	return strings.Join(alternatives, "|")
}

// splitOutside splits s at a byte, except inside brackets and parentheses.
//
// A bracket that is not closed takes the rest, which package testing then refuses as well.
func splitOutside(s string, at byte) (parts []string) {
	square, round, from := 0, 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '[':
			square++
		case c == ']':
			square = max(0, square-1) // an unmatched ] stands for itself
		case c == '(' && square == 0:
			round++
		case c == ')' && square == 0:
			round--
		case c == at && square == 0 && round == 0:
			parts, from = append(parts, s[from:i]), i+1
		}
	}
	return append(parts, s[from:])
}

// selects reports whether a value of -bench selects a benchmark function, or
// sub-benchmarks of it. Package testing reads the value as alternatives, which
// have an element for each level of sub-benchmarks.
func selects(bench, function string) bool {
	for _, alternative := range splitOutside(bench, '|') {
		first := splitOutside(alternative, '/')[0]
		if re, err := regexp.Compile(first); err == nil && re.MatchString(function) {
			return true
		}
	}
	return false
}

// listedLine matches a benchmark function in the output of -test.list.
var listedLine = regexp.MustCompile(`(?m)^Benchmark\w*$`)

// outcomeLines matches what -test.v prints of a benchmark that failed or was
// skipped: its log, and then its outcome.
var outcomeLines = regexp.MustCompile(`(?m)((?:^\s+\S.*\n)*)^--- (FAIL|SKIP): (\S+)$`)

// A nameCache remembers which benchmarks a pattern selects in an ordinary
// binary. Asking the binary costs a process. Several layouts of one side share
// the cache. It is locked, because both workers of a control are of one side.
type nameCache struct {
	mu    sync.Mutex
	known map[string][]string
}

// find returns the benchmarks that were added with key, or the one whose own
// pattern is selected.
func (c *nameCache) find(key, selected string) ([]string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if names, ok := c.known[selected]; ok {
		return names, true
	}
	names, ok := c.known[key]
	return names, ok
}

// add adds benchmarks, by key and each by its own pattern.
func (c *nameCache) add(key string, names []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[string][]string{}
	}
	c.known[key] = names
	for _, name := range names {
		c.known[pattern(name)] = []string{name}
	}
}
