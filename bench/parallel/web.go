package parallel

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

const (
	pageBytes     = 1 << 10
	taskPath      = "/task/"
	usagePath     = "/usage"
	longestAnswer = 30 * time.Second
)

// openHTTP gives each worker a client of its own, with one connection that stays open: what a worker
// is, a goroutine or a process, makes no difference to the server.
func openHTTP(r request) (job, error) {
	var transports []*http.Transport
	return job{worker: func() (task, error) {
		transport := &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true}
		transports = append(transports, transport)
		client := &http.Client{Transport: transport, Timeout: longestAnswer}
		if _, err := get(client, r.URL+usagePath); err != nil { // connected before the first task
			return nil, err
		}
		return func(i uint64, _ []byte) (uint64, error) {
			body, err := get(client, r.URL+taskPath+strconv.FormatUint(i, 10))
			return sumOf(i, body), err
		}, nil
	}, close: func() error {
		for _, t := range transports {
			t.CloseIdleConnections()
		}
		return nil
	}}, nil
}

func get(client *http.Client, url string) ([]byte, error) {
	response, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s", url, response.Status)
	}
	return body, err
}

// serveHTTP is the process that makes others wait. It says its address, and ends with its standard
// input.
func (r request) serveHTTP() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: r.handler()}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // until whoever started it is gone
		_ = server.Close()
	}()
	fmt.Printf("http://%s\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (r request) handler() http.Handler {
	pages := http.NewServeMux()
	pages.HandleFunc(taskPath+"{i}", func(w http.ResponseWriter, asked *http.Request) {
		i, err := strconv.ParseUint(asked.PathValue("i"), 10, 64)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		time.Sleep(r.Latency)
		_, _ = w.Write(data(r.Seed+i, pageBytes)) // the client sees what is missing
	})
	pages.HandleFunc(usagePath, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, int64(ownUsage().cpu()))
	})
	return pages
}
