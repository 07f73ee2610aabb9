package reporttest

import (
	"math"
	"regexp"
	"strconv"
	"testing"
)

var (
	darkRules = regexp.MustCompile(
		`(?s)@media screen and \(prefers-color-scheme: dark\) \{.*?\n\}`)
	colourVariable = regexp.MustCompile(`--(\w+): (#\w{6})`)
)

// Themes returns the colour variables that a style sheet sets in the light and in the dark theme,
// by name. It fails if a theme sets none. The dark rules are cut out of the text before the light
// ones are read, since the same variables are set in both.
func Themes(t *testing.T, css string) map[string]map[string]string {
	t.Helper()
	dark := ""
	for _, block := range darkRules.FindAllString(css, -1) {
		dark += block
	}
	themes := map[string]map[string]string{}
	for name, rules := range map[string]string{
		"light": darkRules.ReplaceAllString(css, ""), "dark": dark,
	} {
		themes[name] = map[string]string{}
		for _, m := range colourVariable.FindAllStringSubmatch(rules, -1) {
			themes[name][m[1]] = m[2] // a later rule wins, as in a browser
		}
		if len(themes[name]) == 0 {
			t.Fatalf("the %s theme sets no colours", name)
		}
	}
	return themes
}

// MustContrast fails if the named colours of a theme have a contrast below least. WCAG 2 asks for
// 4.5 of text and for 3 of lines and marks.
func MustContrast(t *testing.T, theme string, colours map[string]string, text, ground string,
	least float64) {
	t.Helper()
	if c := Contrast(t, colours[text], colours[ground]); c < least {
		t.Errorf("%s theme: %s on %s has contrast %.2f, want %.1f", theme, text, ground, c, least)
	}
}

// Contrast returns the contrast of two colours in the form #0b5cad, by WCAG 2: from 1 to 21. The
// 0.05 is from WCAG 2: it stands for the light that a screen reflects, so that black is not
// infinitely darker than any colour.
func Contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// luminance returns the relative luminance of an sRGB colour, from 0 to 1. The two branches undo
// the encoding of sRGB, which is linear near black; the weights say how bright the eye sees
// red, green and blue.
func luminance(t *testing.T, colour string) (sum float64) {
	t.Helper()
	if len(colour) != 7 || colour[0] != '#' {
		t.Fatalf("%q is no colour", colour)
	}
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v, err := strconv.ParseUint(colour[2*i+1:2*i+3], 16, 8)
		if err != nil {
			t.Fatalf("%q is no colour: %v", colour, err)
		}
		c := float64(v) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
