package read

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// decoded returns the text of r in UTF-8 with a newline after each line. PowerShell writes UTF-16
// when a user redirects the output of a program, and some editors end lines with a carriage return
// alone. A byte order mark is removed later, line by line: joined files have one in the middle.
//
// The first four bytes decide. ASCII in UTF-16 has a zero in every second byte, which no text in
// UTF-8 has; so a text without a byte order mark is recognized too.
//
// Peeking leaves the bytes in the buffer. The reader must be a bufio.Reader of maxLine bytes for
// the second look.
func decoded(r *bufio.Reader) io.Reader {
	head, _ := r.Peek(4) // an error comes again with the next read
	switch {
	case len(head) < 2:
	case head[0] == 0xFF && head[1] == 0xFE, len(head) > 3 && head[1] == 0 && head[3] == 0:
		return &utf16Reader{r: r, low: 0, high: 1}
	case head[0] == 0xFE && head[1] == 0xFF, len(head) > 3 && head[0] == 0 && head[2] == 0:
		return &utf16Reader{r: r, low: 1, high: 0}
	}
	if head, _ = r.Peek(1 << 10); bytes.IndexByte(head, '\r') < 0 {
		return r
	}
	if head, _ = r.Peek(maxLine); bytes.IndexByte(head, '\n') < 0 {
		return carriageReader{r}
	}
	return r
}

// A utf16Reader converts UTF-16 to UTF-8. low and high are the places of the two bytes in a unit.
//
// It decodes unit by unit instead of all at once, because a text of a million lines must not be
// in memory twice.
type utf16Reader struct {
	r         *bufio.Reader
	low, high int
	rest      []byte
	pending   rune // the first half of a surrogate pair
}

// Read never returns zero bytes without an error, which a loop of the caller might take for a
// stuck reader.
func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.rest) == 0 {
		var unit [2]byte
		n, err := io.ReadFull(u.r, unit[:])
		if n == 0 {
			return 0, err
		}
		if n == 1 { // half a unit: the text was cut
			u.rest = utf8.AppendRune(u.rest[:0], utf8.RuneError)
			break
		}
		u.append(rune(unit[u.low]) | rune(unit[u.high])<<8)
	}
	n := copy(p, u.rest)
	u.rest = u.rest[n:]
	return n, nil
}

// append decodes one unit into rest.
//
// A half without its partner becomes the replacement character, and what follows it is decoded
// on its own: one broken character must not eat the next.
func (u *utf16Reader) append(c rune) {
	u.rest = u.rest[:0]
	if u.pending != 0 {
		pair := utf16.DecodeRune(u.pending, c)
		u.pending = 0
		u.rest = utf8.AppendRune(u.rest, pair)
		if pair != utf8.RuneError {
			return
		}
	}
	if utf16.IsSurrogate(c) {
		u.pending = c
		return
	}
	u.rest = utf8.AppendRune(u.rest, c)
}

// A carriageReader turns each carriage return of a text without newlines into a newline.
type carriageReader struct{ r io.Reader }

// Read changes the bytes in place. No line of such a text has a newline of its own that could be
// doubled.
func (c carriageReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i, b := range p[:n] {
		if b == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

var (
	byteOrderMark = []byte("\uFEFF")
	hardSpace     = []byte("\u00A0")
)

// cleaned returns line without byte order mark and terminal sequences, and with plain spaces for
// the hard spaces of copied web pages. It changes the bytes of line in place.
//
// Most lines need nothing. So each step looks for its first byte before it does anything.
func cleaned(line []byte) []byte {
	line = bytes.TrimPrefix(line, byteOrderMark)
	if bytes.IndexByte(line, 0x1B) >= 0 {
		line = withoutEscapes(line)
	}
	if bytes.IndexByte(line, hardSpace[0]) >= 0 && bytes.Contains(line, hardSpace) {
		line = bytes.ReplaceAll(line, hardSpace, []byte(" "))
	}
	return line
}

// withoutEscapes removes the sequences that set colours, move the cursor or set a title, where
// they stand at the border of a word: ESC [ up to a letter, and ESC with ] _ P or ^ up to BEL or
// ESC \, in which a build system hides the time of a line. Inside a
// word they are part of a hostile name, which stays as it is and is escaped when it is shown.
//
// A coloured word has sequences at its borders. So this rule removes all that programs write on
// purpose.
func withoutEscapes(line []byte) []byte {
	kept := make([]byte, 0, len(line))
	for i := 0; i < len(line); {
		n := escapeLen(line[i:])
		border := len(kept) == 0 || isSpace(kept[len(kept)-1]) || i+n >= len(line) || isSpace(line[i+n]) ||
			line[i+n] == 0x1B
		if n > 0 && border {
			i += n
			continue
		}
		n = max(n, 1)
		kept = append(kept, line[i:i+n]...)
		i += n
	}
	return kept
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\r' || b == '\n' }

// escapeLen returns the length of the terminal sequence at the start of text, or 0.
//
// An incomplete sequence has the length 0 and stays: it may be the end of a line that was cut.
func escapeLen(text []byte) int {
	if len(text) < 2 || text[0] != 0x1B {
		return 0
	}
	switch text[1] {
	case '[':
		for i := 2; i < len(text); i++ {
			if text[i] >= '@' && text[i] <= '~' {
				return i + 1
			}
		}
	case ']', '_', 'P', '^':
		for i := 2; i < len(text); i++ {
			if text[i] == 0x07 {
				return i + 1
			}
			if text[i] == 0x1B {
				return min(i+2, len(text))
			}
		}
	}
	return 0
}

// withoutUnderscores removes the underscores between digits from the numbers of a row, as Go
// writes them: 1_000. The name and the units keep theirs.
//
// The name is left alone, because Benchmark_a and a sub-benchmark 1_000 are names. kept shares
// the array of line: writing never overtakes reading.
func withoutUnderscores(line []byte) []byte {
	space := bytes.IndexAny(line, " \t")
	if space < 0 || bytes.IndexByte(line[space:], '_') < 0 {
		return line
	}
	kept := line[:space]
	startsNumber, inNumber := false, false
	for i, b := range line[space:] {
		at := space + i
		switch {
		case b == ' ' || b == '\t':
			startsNumber, inNumber = true, false
		case startsNumber:
			startsNumber, inNumber = false, isDigit(b) || b == '-' || b == '+' || b == '.'
		}
		if b == '_' && inNumber && isDigit(line[at-1]) && at+1 < len(line) && isDigit(line[at+1]) {
			continue
		}
		kept = append(kept, b)
	}
	return kept
}

// maxLine is the length of the longest line that benchfmt can read. Its scanner stops with an
// error at a longer one, and would lose the rest of the file.
// The limit is the buffer of bufio.Scanner in benchfmt, of 64 KiB with the newline.
const maxLine = 64<<10 - 1
