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
