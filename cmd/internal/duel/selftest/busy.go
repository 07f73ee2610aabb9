package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The names of the pages. A busy machine has a page of its own, because one table over quiet and busy families would
// describe neither. Its figures stand in a column of the quiet page, so that a reader sees both at once.
const (
	quietPage = "selftest.md"
	busyPage  = "selftest-busy.md"
)

// withBusy adds the figures of the busy page in dir to a page. Without a busy page the page stays as it is.
func withBusy(page, dir string) (string, error) {
	busy, err := os.ReadFile(filepath.Join(dir, busyPage))
	if errors.Is(err, fs.ErrNotExist) {
		return page, nil
	}
	return beside(page, string(busy)), err
}

// beside adds a column to the table of figures of a page, and the loads of the busy families above it. A
// figure is found by its name. What pairs are drawn repeatedly depends on the number of families, so this
// remark is no part of a name; it goes into the cell.
func beside(page, busy string) string {
	const repeated = " (pairs drawn repeatedly)"
	measured := map[string]string{}
	loads := ""
	for _, line := range strings.Split(busy, "\n") {
		if cells := figureCells(line); cells != nil {
			name, remark := cells[0], ""
			if strings.Contains(name, repeated) {
				name, remark = strings.Replace(name, repeated, "", 1), "; pairs drawn repeatedly"
			}
			measured[name] = cells[2] + remark
		}
		if rest, ok := strings.CutPrefix(line, "- load when a family began: "); ok {
			loads = rest
		}
	}
	lines := strings.Split(page, "\n")
	for i, line := range lines {
		cells := figureCells(line)
		switch {
		case cells == nil:
		case cells[0] == "figure":
			lines[i] = "- load when a family of [" + busyPage + "](" + busyPage + ") began: " + loads + "\n\n" + line + " on a busy machine |"
		case strings.HasPrefix(cells[0], ":"):
			lines[i] += " :-- |"
		default:
			lines[i] += " " + measured[strings.Replace(cells[0], repeated, "", 1)] + " |"
		}
	}
	page = strings.Join(lines, "\n")
	return strings.Replace(page, "\n\n- load when a family of", "\n- load when a family of", 1)
}

// figureCells returns the cells of a line of the table of figures, or nil for another line. It is the only table with
// three columns.
func figureCells(line string) []string {
	cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "| "), " |"), " | ")
	if !strings.HasPrefix(line, "| ") || len(cells) != 3 {
		return nil
	}
	return cells
}
