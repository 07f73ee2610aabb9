// Package page is the shell of an HTML page that needs no other file and makes no request.
//
// The four kinds of pages of this module share a base style, a head with a content security
// policy, and the arithmetic that keeps a page small enough to open. A package that makes a page
// brings its own template, which begins and ends with the shared ones:
//
//	{{template "head" .Head}}
//	<h1>{{.Title}}</h1>
//	…
//	{{template "foot"}}
//
// and parses it once, in a package variable, so that a broken template fails every test:
//
//	var tmpl = page.Parse(assets, "page.html.tmpl")
//
//	head := page.Head{Title: title, Style: ownCSS, Scripts: []string{script}}
//	err := page.Write(w, tmpl, "page.html.tmpl", data)
//
// # What this does not do
//
// html/template escapes values for their place in the page. It does not escape what a terminal or a
// reader's eye would take for something else, such as text that runs from right to left: pass names
// through package escape first.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"io/fs"
)

//go:embed base.css
var base string

// shell has the templates "head" and "foot". The style stands in the page: a link would be a
// request.
const shell = `{{define "head"}}<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" {{.Policy}}>
<meta name="color-scheme" content="light dark">
<title>{{.Title}}</title>
<style>{{.CSS}}</style>
</head>
<body>
<main>{{end}}
{{define "foot"}}</main>
{{range .JS}}<script>{{.}}</script>
{{end}}</body>
</html>
{{end}}`

// A Head has the data of the templates "head" and "foot".
type Head struct {
	Title   string
	Style   string   // CSS of this page, after the base style
	Scripts []string // JavaScript of this page, one script element each

	// StyleAttributes allows style="…" on elements. A policy cannot name these by a hash.
	StyleAttributes bool

	// DataImages allows <img src="data:…">.
	DataImages bool
}

// CSS returns the base style and the style of the page. Both come from files of this module.
func (h Head) CSS() template.CSS { return template.CSS(base + h.Style) }

// JS returns the scripts.
func (h Head) JS() (scripts []template.JS) {
	for _, s := range h.Scripts {
		scripts = append(scripts, template.JS(s))
	}
	return scripts
}

// Policy returns the content security policy of the page. It names the style and each script by a
// hash, and forbids everything else: if a name in a benchmark text became a script or a style in
// spite of all escaping, the browser would not run it.
func (h Head) Policy() template.HTMLAttr {
	policy := "default-src 'none'"
	if h.DataImages {
		policy += "; img-src data:"
	}
	style := hash(string(h.CSS()))
	policy += "; style-src " + style
	if h.StyleAttributes {
		// The elements keep their hash: a browser ignores 'unsafe-inline' beside a hash in style-src.
		policy += "; style-src-elem " + style + "; style-src-attr 'unsafe-inline'"
	}
	if len(h.Scripts) > 0 {
		policy += "; script-src"
		for _, s := range h.Scripts {
			policy += " " + hash(s)
		}
	}
	return template.HTMLAttr(`content="` + policy + `"`)
}

// Size returns how many bytes the style and the scripts take on the page.
func (h Head) Size() int {
	size := len(h.CSS())
	for _, s := range h.Scripts {
		size += len(s)
	}
	return size
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Parse parses the templates that match the patterns, together with "head" and "foot". It panics
// if one is broken, as [template.Must] does.
func Parse(files fs.FS, patterns ...string) *template.Template {
	t := template.Must(template.New("page").Parse(shell))
	return template.Must(t.ParseFS(files, patterns...))
}

// Write executes a template and writes the page to w. A template that fails writes nothing: half a
// page would look like a whole one.
func Write(w io.Writer, t *template.Template, name string, data any) error {
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, name, data); err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// Asset returns an embedded file, and panics without it: a wrong name is an error in the program.
func Asset(files fs.FS, name string) string {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		panic("page: " + err.Error())
	}
	return string(text)
}
