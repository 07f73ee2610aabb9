package suite

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"testing"
)

// Right and Wrong are for the names of the examples.
type (
	Right struct{}
	Wrong struct{}
)

func ExampleRight_prints() {
	done := make(chan bool)
	go func() { fmt.Println("a"); done <- true }()
	<-done
	fmt.Fprintf(os.Stdout, "%s\n", "b")
	os.Stdout.WriteString("c\n")
	// Output:
	// a
	// b
	// c
}

func ExampleRight_unordered() {
	printBoth()
	// Unordered output:
	// b
	// a
}

func ExampleWrong_order() {
	printBoth()
	// Output:
	// a
	// b
}

// ExampleRight_callers prints functions that call it under go test. They are not there when it is explored, so it is
// refused, and does not fail.
func ExampleRight_callers() {
	pcs := make([]uintptr, 50)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for f, more := frames.Next(); more; f, more = frames.Next() {
		fmt.Println(f.Function)
	}
	// Output:
	// github.com/semabench/semabench/stress/explore/testdata/suite.ExampleRight_callers
	// testing.runExample
	// testing.runExamples
	// testing.(*M).Run
	// main.main
	// runtime.main
}

// It is compiled only, as under go test.
func Example_withoutOutput() { panic("was run") }

func printBoth() {
	var wg sync.WaitGroup
	for _, s := range []string{"a", "b"} {
		wg.Go(func() { fmt.Println(s) })
	}
	wg.Wait()
}

// stdoutOf returns what f prints, as tests of commands do it.
func stdoutOf(t *testing.T, f func()) string {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stdout
	os.Stdout = w
	defer func() { os.Stdout = old }()
	text := make(chan string)
	go func() {
		var b bytes.Buffer
		io.Copy(&b, r)
		text <- b.String()
	}()
	f()
	w.Close()
	return <-text
}

func TestRightStdout(t *testing.T) {
	if got := stdoutOf(t, func() { fmt.Print("a"); fmt.Printf("%d", 1); os.Stdout.Write([]byte("b")) }); got != "a1b" {
		t.Errorf("%q", got)
	}
}

func TestWrongTwoWriters(t *testing.T) {
	var wg sync.WaitGroup
	if got := stdoutOf(t, func() { wg.Go(func() { fmt.Print("a") }); wg.Go(func() { fmt.Print("b") }); wg.Wait() }); got != "ab" {
		t.Errorf("%q, want %q", got, "ab")
	}
}

func TestRightLargeWrite(t *testing.T) {
	r, w, _ := os.Pipe()
	go func() { w.Write(make([]byte, 70_000)); w.Close() }()
	if n, err := io.ReadFull(r, make([]byte, 70_000)); err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	if _, err := r.Read(make([]byte, 1)); err != io.EOF {
		t.Error(err)
	}
	r.Close()
	if _, err := r.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Error(err)
	}
}

func TestRightBrokenPipe(t *testing.T) {
	r, w, _ := os.Pipe()
	lines := bufio.NewScanner(r)
	go fmt.Fprintln(w, "first")
	lines.Scan()
	r.Close()
	if _, err := w.Write([]byte("x")); err == nil || lines.Text() != "first" {
		t.Error(err, lines.Text())
	}
}

func TestWrongPipeIsFull(t *testing.T) {
	_, w, _ := os.Pipe()
	for range 20 {
		w.Write(make([]byte, 5000))
	}
}

func TestWrongPipeIsOpen(t *testing.T) {
	r, w, _ := os.Pipe()
	w.Write([]byte("x"))
	io.ReadAll(r) // w is never closed
}

// Under go test runtime.goexit is below the first function of each goroutine.
func TestRightCallers(t *testing.T) {
	last := func() string {
		pcs := make([]uintptr, 50)
		return runtime.FuncForPC(pcs[runtime.Callers(0, pcs)-1]).Name()
	}
	names := make(chan string)
	go func() { names <- last() }()
	if a, b := last(), <-names; a != "runtime.goexit" || b != a {
		t.Error(a, b)
	}
}
