package reports_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
	"github.com/semabench/semabench/reports/internal/reporttest"
)

// The outputs of a few texts, byte for byte. A failure leaves the output beside the golden file,
// as .got. Look at the pages in a browser before -update.
func TestGolden(t *testing.T) {
	tests := []struct {
		name   string
		col    string
		inputs []string
	}{
		{"semaphore", "", []string{"semaphore.txt"}}, // all features at once
		{"partial", "", []string{"partial.txt"}},     // interrupted within a line
		{"oldnew", "", []string{"old.txt", "new.txt"}},
		{"uneven", "", []string{"uneven.txt"}}, // 1 to 7 samples, two machines, exact units, gaps
		{"hostile", "/impl", []string{"hostile.txt"}},
	}
	t.Chdir("testdata") // the outputs name the files without a path
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var inputs []reports.Input
			for _, name := range test.inputs {
				inputs = append(inputs, reports.Input{Name: name})
			}
			log, err := reports.Read(inputs...)
			if err != nil {
				t.Fatal(err)
			}
			c, err := reports.Compare(log, reports.Options{Col: test.col})
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			paths, err := reports.WriteDir(dir, c)
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range paths {
				rest := strings.TrimPrefix(filepath.Base(path), "report") // .md, -heat.svg
				sameAsGolden(t, test.name+".golden"+rest, path)
			}
			for name, on := range map[string]reports.Terminal{
				"-heat.term": {}, "-heat.colour.term": {Width: 72, Colour: true},
			} {
				path := filepath.Join(dir, name)
				var out bytes.Buffer
				if err := on.WriteHeat(&out, c); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				sameAsGolden(t, test.name+".golden"+name, path)
			}
		})
	}
}

func sameAsGolden(t *testing.T, golden, path string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(path) == ".html" {
		got = readable(t, got)
	}
	reporttest.SameAsGolden(t, golden, got)
}

var (
	dataBlock = regexp.MustCompile(`(<script type="text/plain"[^>]*>)([^<]*)`)
	ownCode   = regexp.MustCompile(`(?s)(<script>|<style>).*?(</script>|</style>)`)
	ownHash   = regexp.MustCompile(`sha256-[^']*`)
)

// readable returns a page in a form for reading diffs: its data as JSON with a row on each line,
// and without the style and the scripts, which are files of their own.
func readable(t *testing.T, page []byte) []byte {
	t.Helper()
	page = ownCode.ReplaceAll(page, []byte("$1…$2"))
	page = ownHash.ReplaceAll(page, []byte("sha256-…"))
	return dataBlock.ReplaceAllFunc(page, func(b []byte) []byte {
		parts := dataBlock.FindSubmatch(b)
		return append(append(parts[1], '\n'), unpacked(t, parts[2])...)
	})
}

func unpacked(t *testing.T, block []byte) []byte {
	t.Helper()
	zip, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(block)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	for _, between := range []string{"]],[[", `},{`, `:[[`} {
		text = bytes.ReplaceAll(text, []byte(between), []byte(between[:len(between)/2]+"\n"+between[len(between)/2:]))
	}
	return text
}
