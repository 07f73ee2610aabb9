package reports

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// WriteDir writes report.txt, report.md, report.html, report.csv and report.json into dir, which it
// makes if needed, and returns their paths in this order.
//
// All are complete on disk before the first takes its name, so a failure leaves the files
// of an earlier report as they were. Only a failing rename, which on one file system is no matter
// of space or of c, could leave a mixture; the error then names the file that is old.
func WriteDir(dir string, c *Comparison) ([]string, error) {
	return writeAll(dir, c, []output{
		{"report.txt", WriteText},
		{"report.md", WriteMarkdown},
		{"report.html", WriteHTML},
		{"report.csv", WriteCSV},
		{"report.json", WriteJSON},
	})
}

type output struct {
	name  string
	write func(io.Writer, *Comparison) error
}

func writeAll(dir string, c *Comparison, outputs []output) (paths []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	var temps []string
	defer func() {
		for _, t := range temps {
			os.Remove(t) // already renamed if all went well
		}
	}()
	for _, out := range outputs {
		temp, err := writeTemp(dir, out, c)
		if temp != "" {
			temps = append(temps, temp)
		}
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", filepath.Join(dir, out.name), err)
		}
	}
	for i, out := range outputs {
		path := filepath.Join(dir, out.name)
		if err := os.Rename(temps[i], path); err != nil {
			return nil, fmt.Errorf("replacing %s: %w", path, err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// writeTemp returns the name of the file as soon as there is one, even with an error.
func writeTemp(dir string, out output, c *Comparison) (string, error) {
	f, err := os.CreateTemp(dir, ".report-*")
	if err != nil {
		return "", err
	}
	err = out.write(f, c)
	if err == nil {
		err = f.Chmod(0o644) // CreateTemp keeps files from everybody else; a report is to be read
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return f.Name(), err
}
