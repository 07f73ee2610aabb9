package bench

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"
)

// io_ is a client that limits its requests: most of the time a permit is held, its holder waits
// for the network. The server is in this process, so waiters that burn CPU delay it too,
// as they would delay whatever else a program does.
var io_ = Workload{
	Name: "io",
	Doc:  "an HTTP request over loopback under each permit; the server takes its time",
	Shapes: []Shape{{Permits: 4, Goroutines: 64, Latency: time.Millisecond},
		{Permits: 16, Goroutines: 64, Latency: time.Millisecond}},
	More: []Shape{{Permits: 1, Goroutines: 64, Latency: time.Millisecond},
		{Permits: 64, Goroutines: 1024, Latency: time.Millisecond}},
	Run: requests,

	Counted: 32, // each takes 1 ms, and many where waiters spin
}

const answer = "done"

func requests(t *Trial) error {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(t.Latency)
		io.WriteString(w, answer)
	}))
	defer server.Close()
	// One connection for each permit, kept open: no more requests than that are under way.
	transport := &http.Transport{MaxIdleConnsPerHost: int(t.Permits), MaxConnsPerHost: int(t.Permits)}
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
	if response.StatusCode != http.StatusOK || string(body) != answer {
		return fmt.Errorf("%s answered %s, %q", url, response.Status, body)
	}
	return nil
}
