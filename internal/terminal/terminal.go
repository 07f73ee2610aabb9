// Package terminal finds out whether a person watches an output, and how wide the window is.
//
//	if terminal.Is(os.Stdout) {
//		fmt.Fprint(os.Stdout, terminal.ClearLine, line)
//	}
//
// # What this does not show
//
// The user may change the size of the window at any time: ask for the width before each line.
package terminal

import (
	"io"
	"os"

	"golang.org/x/term"
)

// ClearLine moves to the first column and erases the line, on every terminal that knows ANSI
// escapes.
const ClearLine = "\r\x1b[K"

// Is reports whether w is a terminal. Only a terminal can show a line that changes.
func Is(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Width returns how many columns the terminal w has. It returns 80 if w is no terminal, or one
// that does not know its width, as a serial line.
func Width(w io.Writer) int {
	const usual = 80
	f, ok := w.(*os.File)
	if !ok {
		return usual
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 1 {
		return usual
	}
	return width
}

// Plain reports whether the user asked for text without colours and without lines that change:
// NO_COLOR is set (https://no-color.org), or TERM is dumb.
func Plain() bool { return os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" }
