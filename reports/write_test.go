package reports_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
)

func TestWritersPassErrorsOn(t *testing.T) {
	c := compare(t, "", samples("a", 1)+samples("b", 2))
	for name, write := range everyWriter() {
		if err := write(fullDisk{}, c); !errors.Is(err, errFull) {
			t.Errorf("%s: err = %v, want %v", name, err, errFull)
		}
	}
}

var errFull = errors.New("disk full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

// Names may be hostile. None of them may become markup. TestBrowserHostileNames checks what a browser
// makes of the same page.
func TestHTMLEscapes(t *testing.T) {
	out := withoutScripts(hostilePage(t))
	for _, bad := range []string{"<script>alert", "alert(1)</", "<!--e", "<i>/op", "<b>fact",
		"javascript:alert)\"", "\x1b"} {
		if strings.Contains(out, bad) {
			t.Errorf("page contains %q", bad)
		}
	}
	for _, want := range []string{"&lt;script&gt;alert(1)", "a|b",
		"`c`&#34;d&#39;", `bidi=\x1b[31m`} {
		if !strings.Contains(out, want) {
			t.Errorf("page lacks %q", want)
		}
	}
}

var scriptBody = regexp.MustCompile(`(?s)(<(script|style)[^>]*>).*?</(script|style)>`)

// withoutScripts empties scripts and styles. They contain no names, except the blocks of data in
// base64.
func withoutScripts(page string) string {
	return scriptBody.ReplaceAllString(page, "$1</$2>")
}

func TestMarkdownEscapes(t *testing.T) {
	out := render(t, reports.WriteMarkdown, hostile(t))
	for _, line := range strings.Split(out, "\n") {
		unescaped := strings.ReplaceAll(line, `\|`, "")
		// a label and 5 columns
		if strings.HasPrefix(line, "| ") && strings.Count(unescaped, "|") != 7 {
			t.Errorf("a name broke this table: %s", line)
		}
	}
	for _, bad := range []string{"<script", "<!--", " `c`", "](java", "\x1b", "*bold*"} {
		if strings.Contains(strings.ReplaceAll(out, `\`+bad[:1], ""), bad) {
			t.Errorf("output contains %q", bad)
		}
	}
}

// A benchmark name must not control the terminal.
func TestTextEscapes(t *testing.T) {
	if out := render(t, reports.WriteText, hostile(t)); strings.Contains(out, "\x1b") {
		t.Error("output contains an escape character")
	}
}

func hostile(t *testing.T) *reports.Comparison {
	t.Helper()
	text, err := os.ReadFile("testdata/hostile.txt")
	if err != nil {
		t.Fatal(err)
	}
	return compare(t, "/impl", string(text))
}

func hostilePage(t *testing.T) string { return render(t, reports.WriteHTML, hostile(t)) }

func render(t *testing.T, write func(io.Writer, *reports.Comparison) error,
	c *reports.Comparison) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out, c); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The page makes no request: it has no source, style or font from elsewhere. Its one link waits
// for a click.
func TestPageIsSelfContained(t *testing.T) {
	page := hostilePage(t)
	for _, bad := range []string{"src=", "@import", "url(", "<link", "<iframe", "<img", "eval("} {
		if strings.Contains(page, bad) {
			t.Errorf("page contains %q", bad)
		}
	}
	// http-equiv, and the link to benchstat
	if n := strings.Count(withoutScripts(page), "http"); n != 2 {
		t.Errorf("page has %d mentions of http, want 2", n)
	}
	policy := regexp.MustCompile(`content="default-src 'none'; style-src 'sha256-\S+'; ` +
		`script-src 'sha256-\S+' 'sha256-\S+'"`)
	if !policy.MatchString(page) {
		t.Error("page has no content security policy that names its scripts")
	}
}

// Every element that is opened is closed, in order. Only <meta> and <input> have no end.
func TestPageIsWellFormed(t *testing.T) {
	page := regexp.MustCompile("<(meta|input)[^>]*>").ReplaceAllString(withoutScripts(hostilePage(t)), "")
	page = strings.ReplaceAll(page, " hidden>", ">")
	d := xml.NewDecoder(strings.NewReader(page))
	d.Entity = xml.HTMLEntity
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// The command that the page shows computes the same cells.
func TestRecompute(t *testing.T) {
	t.Chdir("testdata")
	log, err := reports.Read(reports.Input{Name: "old.txt"}, reports.Input{Name: "new.txt"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := reports.Compare(log, reports.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const command = "benchstat -col .file old.txt new.txt"
	if !strings.Contains(render(t, reports.WriteHTML, c), command) {
		t.Errorf("page lacks %q", command)
	}
	out, err := exec.Command("go", append([]string{"tool"}, strings.Fields(command)...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	got, _, _ := strings.Cut(render(t, reports.WriteText, c), "\nRatios to the first column")
	// benchstat rounds a small p to zero, which no probability of a test is.
	want := strings.ReplaceAll(string(out), "p=0.000", "p<0.001")
	if got != want {
		t.Errorf("text:\n%s\nbenchstat:\n%s", got, want)
	}
}

func TestWriteDir(t *testing.T) {
	c := compare(t, "", samples("a", 1))
	dir := filepath.Join(t.TempDir(), "new", "folder")
	for range 2 { // the second time over the files of the first
		paths, err := reports.WriteDir(dir, c)
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range []string{"report.txt", "report.md", "report.html", "report.csv",
			"report.json"} {
			if paths[i] != filepath.Join(dir, name) {
				t.Errorf("path %d = %s, want %s", i, paths[i], name)
			}
			if info, err := os.Stat(paths[i]); err != nil || info.Size() == 0 ||
				info.Mode().Perm() != 0o644 {
				t.Errorf("%s: %v, %v, want a file that all can read", name, info, err)
			}
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 5 {
			t.Errorf("folder holds %v, %v, want the five files", left, err)
		}
	}
	if paths, err := reports.WriteDir(filepath.Join(dir, "report.txt"), c); paths != nil ||
		err == nil {
		t.Errorf("into a file: got %v, %v, want an error", paths, err)
	}
}
