package read

import (
	"bufio"
	"bytes"
	"fmt"

	"github.com/semabench/semabench/internal/escape"
)

// packed are the forms of files that hold a text in a form that only another program can read. The
// first bytes of each form are fixed by its format, and no benchmark text begins with them.
//
// Read does not unpack them itself: a file of some kilobytes can unpack to any size, and the formats
// would need a library each. The command is exact, so the way from the refusal to the report is one
// line.
var packed = []struct{ magic, what, command string }{
	{"\x1f\x8b", "compressed by gzip", "gzip -dc"},
	{"BZh", "compressed by bzip2", "bzip2 -dc"},
	{"\xfd7zXZ\x00", "compressed by xz", "xz -dc"},
	{"\x28\xb5\x2f\xfd", "compressed by zstd", "zstd -dc"},
	{"\x04\x22\x4d\x18", "compressed by lz4", "lz4 -dc"},
	{"PK\x03\x04", "a zip file", "unzip -p"},
	{"\xff\xfe\x00\x00", "UTF-32", "iconv -f UTF-32 -t UTF-8"},
	{"\x00\x00\xfe\xff", "UTF-32", "iconv -f UTF-32 -t UTF-8"},
}

// refusePacked returns an error for a text that is packed. It leaves the bytes in r.
//
// BZh are three letters, so the digit and the first sign behind them must fit as well.
func refusePacked(r *bufio.Reader, name string) error {
	head, _ := r.Peek(10) // an error comes again with the next read
	for _, form := range packed {
		if !bytes.HasPrefix(head, []byte(form.magic)) ||
			form.magic == "BZh" && (len(head) < 5 || !isDigit(head[3]) || head[4] != '1') {
			continue
		}
		return fmt.Errorf("%s: it is %s; to make a text of it: %s", name, form.what,
			convert(form.command, name))
	}
	return nil
}

// convert returns a shell command that writes a text beside the file. The name of the new file ends
// in .txt, so the command never writes over its own input.
func convert(command, name string) string {
	return fmt.Sprintf("%s %s > %s", command, escape.Shell(escape.Printable(name)),
		escape.Shell(escape.Printable(name+".txt")))
}

// notUTF8 is the note for a text of another encoding. Its figures are good. Its names show as
// escaped bytes, and a unit such as µs/op is not known as a time.
func notUTF8(name string) string {
	return fmt.Sprintf("%s: names or units are not UTF-8; if the text is from Windows: %s", name,
		convert("iconv -f CP1252 -t UTF-8", name))
}

// A foreign remembers signs of rows in a form that go test does not print: rows in JSON of a CI
// system, in quotes of a logger, or in a table.
//
// It serves the message for a text without any row, and decides nothing else.
type foreign struct {
	json bool   // the text begins like JSON
	line int    // the first line with a name and a time; 0 if there is none
	text string // that line, shortened
	seen bool   // a line with more than white space was seen
	// benchstat is set if a line is the head of a table that benchstat prints. A table has medians and no
	// samples: nothing can be computed from it.
	benchstat bool
}

// observe takes the next line that is not a plain row.
func (f *foreign) observe(line []byte, number int) {
	if text := bytes.TrimSpace(line); !f.seen && len(text) > 0 {
		f.seen = true
		inner := bytes.TrimSpace(text[1:])
		// A line in brackets is no JSON: CI systems write [12:00:01] and [INFO].
		f.json = text[0] == '{' && !isEvent(text) || text[0] == '[' &&
			(len(inner) == 0 || inner[0] == '{' || inner[0] == '"')
	}
	f.benchstat = f.benchstat || isBenchstat(line)
	if f.line == 0 && bytes.Contains(line, rowStart) && bytes.Contains(line, []byte("ns/op")) {
		f.line, f.text = number, clip(string(bytes.TrimSpace(line)))
	}
}

// refusal returns the error for a text without rows that f explains, or nil.
func (f foreign) refusal(name string) error {
	switch {
	case f.json:
		return fmt.Errorf("%s: it is JSON, and not the output of go test -json; to take the texts out "+
			"of it: %s", name, convert("jq -r '.. | strings'", name))
	case f.benchstat:
		return fmt.Errorf("%s: it is a table of benchstat, which has no samples; give the texts from which benchstat "+
			"made it", name)
	case f.line > 0:
		return fmt.Errorf("%s: no benchmark line in it; line %d has a name and a time in a form that go "+
			"test does not print: %s", name, f.line, escape.Printable(f.text))
	}
	return nil
}

// isBenchstat reports whether a line is the head of a table of benchstat: the units of the columns between
// bars, or in the form of benchstat of before 2022, "name  old time/op  new time/op  delta".
func isBenchstat(line []byte) bool {
	if bytes.Contains(line, []byte("\u2502")) {
		return bytes.Contains(line, []byte("/op ")) || bytes.Contains(line, []byte("/s "))
	}
	fields := bytes.Fields(line)
	return len(fields) > 3 && string(fields[0]) == "name" && string(fields[1]) == "old"
}
