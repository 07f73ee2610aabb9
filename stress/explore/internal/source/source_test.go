package source_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/source"
)

const text = `package p

import (
	"sync/atomic"
	"time"
)

func f(a *T, ch chan int) {
	a.mu.Lock()
	ch <- 1
	v := <-ch
	for range ch {
	}
	select {
	case <-ch:
	case a.out <- v:
	default:
	}
	atomic.AddInt64(&a.n, 1)
	timer := time.NewTimer(1)
	close(ch)
	a.once.
		Do(func() {
			g()
		})
	h(1, 2); k(a.veryLongNameOfAField.anotherVeryLongNameOfAField)
}
`

// expected has the expressions of each line, as method, object, number of arguments and text.
var expected = map[int][]string{
	9:  {"Lock|a.mu|0|a.mu.Lock()"},
	10: {"<- send|ch|0|ch <- 1"},
	11: {"<- receive|ch|0|<-ch"},
	12: {"range|ch|0|range ch"},
	14: {"select|ch|0|select { <-ch | a.out <- | default }", "select|a.out|0|select { <-ch | a.out <- | default }"},
	15: {"<- receive|ch|0|<-ch"},
	16: {"<- send|a.out|0|a.out <- v"},
	19: {"AddInt64|a.n|2|atomic.AddInt64(&a.n, 1)"},
	20: {"NewTimer|timer|1|time.NewTimer(1)", "NewTimer||1|time.NewTimer(1)"},
	21: {"close|ch|1|close(ch)"},
	22: {"Do|a.once|1|a.once. Do(func…)"},
	23: {"Do|a.once|1|a.once. Do(func…)"},
	24: {"g||0|g()"},
	26: {"h|1|2|h(1, 2)", "k|a.veryLongNameOfAField.anotherVeryLongN…|1|k(a.veryLongNameOfAField.anotherVeryLon…"},
}

func TestAt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.go")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var files source.Files
	for line := range strings.Split(text, "\n") {
		var got []string
		for _, e := range files.At(path, line) {
			got = append(got, fmt.Sprintf("%s|%s|%d|%s", e.Method, e.Object, e.Args, e.Text))
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", expected[line]) {
			t.Errorf("line %d: %q\nwant %q", line, got, expected[line])
		}
	}
	if line, ok := files.Line(path, 9); !ok || line != "\ta.mu.Lock()" {
		t.Errorf("line 9 is %q, %v", line, ok)
	}
	for _, n := range []int{0, 100} {
		if line, ok := files.Line(path, n); ok {
			t.Errorf("line %d is %q, want none", n, line)
		}
	}
}

// A file that is missing, or does not parse, has no expressions. A report goes without them.
func TestUnreadableFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.go")
	if err := os.WriteFile(path, []byte("package p\n\nfunc {\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var files source.Files
	for _, name := range []string{path, path + ".none"} {
		if all := files.At(name, 3); len(all) != 0 {
			t.Errorf("%s has %v", name, all)
		}
	}
	if line, ok := files.Line(path, 3); !ok || line != "func {" {
		t.Errorf("a file that does not parse has the line %q, %v", line, ok)
	}
}

// A variable is no package because the path of an import ends in its letters.
func TestObjectIsNoPackage(t *testing.T) {
	const text = `package p

import (
	"math/rand/v2"
	"strings"
	"sync"

	redis "example.org/client"
	"example.org/go-queue"
)

func f(c, s, v, client *T) {
	c.Lock()
	s.Release(1)
	v.Lock()
	client.Lock()
	rand.Int()
	redis.Open(&v.conn)
	queue.Push(&v.tail)
}
`
	path := filepath.Join(t.TempDir(), "p.go")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var files source.Files
	for line, want := range map[int]string{
		13: "c", 14: "s", 15: "v", 16: "client", 17: "", 18: "v.conn", 19: "v.tail",
	} {
		all := files.At(path, line)
		if len(all) != 1 || all[0].Object != want {
			t.Errorf("line %d: %+v, want the object %q", line, all, want)
		}
	}
}
