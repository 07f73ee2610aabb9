package duel

import (
	"regexp"
	"strings"
)

// narrowed returns the value of -bench that selects of one function what a pattern selects. A pattern is
// alternatives, and those have a part for each level of names: package testing splits at | and /
// outside brackets.
func narrowed(pattern, function string) string {
	var kept []string
	for _, alternative := range splitOutside(pattern, '|') {
		parts := splitOutside(alternative, '/')
		if ok, err := regexp.MatchString(parts[0], function); err != nil || !ok {
			continue
		}
		parts[0] = "^" + function + "$"
		kept = append(kept, strings.Join(parts, "/"))
	}
	if len(kept) == 0 {
		return "^$" // nothing has no name
	}
	return strings.Join(kept, "|")
}

// splitOutside splits where a byte is in no brackets or parentheses.
func splitOutside(s string, at byte) (parts []string) {
	square, round, from := 0, 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '[':
			square++
		case c == ']':
			square = max(0, square-1) // an unmatched ] is a letter
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
