package bench

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"time"
)

// Workloads whose permit holders wait for something outside the process: the network, the file
// system, a timer.

// httpRequests is a client that limits the number of its requests. For most of the time in which a
// permit is held, its holder waits for the network. The server runs in the same process, so waiters
// that spin delay it too, as they would delay any other part of a program.
var httpRequests = Workload{
	Name: "io",
	Doc:  "an HTTP request over loopback under each permit; the server takes its time",
	Shapes: []Shape{{Permits: 4, Goroutines: 64, Latency: time.Millisecond},
		{Permits: 16, Goroutines: 64, Latency: time.Millisecond}},
	More: []Shape{{Permits: 1, Goroutines: 64, Latency: time.Millisecond},
		{Permits: 64, Goroutines: 1024, Latency: time.Millisecond}},
	Run: runHTTPRequests,

	Counted: 32, // an operation takes 1 ms, and several ms where waiters spin
}

const httpAnswer = "done"

func runHTTPRequests(t *Trial) error {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(t.Latency)
		_, _ = io.WriteString(w, httpAnswer) // the client notices a short answer
	}))
	defer server.Close()
	// The transport keeps one open connection for each permit, so no operation pays for a new one.
	// A semaphore that admits too many has no advantage: the transport then makes requests wait.
	transport := &http.Transport{
		MaxIdleConnsPerHost: int(t.Permits), MaxConnsPerHost: int(t.Permits)}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	get := func() error { return fetch(client, server.URL) }
	return t.holdOne(func() func() error { return get })
}

func fetch(client *http.Client, url string) error {
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("reading the answer of %s: %w", url, err)
	}
	if response.StatusCode != http.StatusOK || string(body) != httpAnswer {
		return fmt.Errorf("%s answered %s, %q", url, response.Status, body)
	}
	return nil
}

// fileReads stands for a limit on open files. A goroutine in a system call occupies a thread, so a
// semaphore that admits too many costs threads. The file stays in the page cache: the metric is
// the system call and not a disk.
var fileReads = Workload{
	Name:    "io-files",
	Doc:     "opening and reading a file of 64 KiB under each permit",
	Shapes:  []Shape{{Permits: 16, Goroutines: 64}},
	More:    []Shape{{Permits: 4, Goroutines: 64}, {Permits: 16, Goroutines: 1024}},
	Run:     runFileReads,
	Counted: 256,
}

const (
	fileLine  = "semabench\n"
	fileLines = 6554 // makes the file a little larger than 64 KiB
)

func runFileReads(t *Trial) error {
	f, err := os.CreateTemp("", "semabench-*.txt")
	if err != nil {
		return fmt.Errorf("making the file to read: %w", err)
	}
	name := f.Name()
	defer os.Remove(name)
	_, err = f.Write(bytes.Repeat([]byte(fileLine), fileLines))
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("writing the file to read: %w", err)
	}
	return t.holdOne(func() func() error { return func() error { return readWhole(name) } })
}

func readWhole(name string) error {
	const size = len(fileLine) * fileLines
	text, err := os.ReadFile(name)
	if err == nil && len(text) != size {
		err = fmt.Errorf("%s has %d bytes, want %d", name, len(text), size)
	}
	return err
}

// sleeps is input and output in its purest form: a permit holder waits for a fixed time and uses
// no resource. An operation ideally takes the latency divided by the permits. Everything above
// that comes from timers, from wake-ups, and from waiters that spin.
var sleeps = Workload{
	Name:   "io-sleep",
	Doc:    "sleeping under each permit",
	Shapes: []Shape{{Permits: 16, Goroutines: 64, Latency: time.Millisecond}},
	More: []Shape{{Permits: 1, Goroutines: 64, Latency: time.Millisecond},
		{Permits: 64, Goroutines: 1024, Latency: time.Millisecond}},
	Run: func(t *Trial) error {
		return t.holdOne(func() func() error {
			return func() error { time.Sleep(t.Latency); return nil }
		})
	},
	Counted: 32,
}
