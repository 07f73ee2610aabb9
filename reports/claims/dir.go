package claims

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// WriteDir writes parallel-report.txt, parallel.md, parallel.html and the pictures of the Markdown
// into dir, which it makes if needed. It returns their paths. All are drawn before the first is
// written, so an error of drawing leaves an earlier report as it was. An error of writing may leave
// some files of the new report beside old ones.
//
// Files are replaced in place and not by a rename, unlike in package draw: the text that was
// measured is not among them, and -replay makes all of them again.
func (r *Report) WriteDir(dir string) (paths []string, err error) {
	type file struct {
		name string
		text []byte
	}
	var files []file
	for _, out := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"parallel-report.txt", func(w io.Writer) error { return r.WriteText(w, 100) }},
		{"parallel.md", func(w io.Writer) error { return r.WriteMarkdown(w, ".") }},
		{"parallel.html", r.WriteHTML},
	} {
		var text bytes.Buffer
		if err := out.write(&text); err != nil {
			return nil, err
		}
		files = append(files, file{out.name, text.Bytes()})
	}
	// The Markdown names the pictures by the same names.
	pictures, err := r.Pictures()
	if err != nil {
		return nil, err
	}
	for _, p := range pictures {
		files = append(files, file{p.Name + ".svg", p.SVG})
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if err := os.WriteFile(path, f.text, 0o644); err != nil {
			return nil, fmt.Errorf("writing the report: %w", err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}
