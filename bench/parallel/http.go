package parallel

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/machine"
	"github.com/semabench/semabench/internal/rusage"
)

// The work http: clients in the workers, and a server in a process of its own. The server is apart
// so that its processor time does not count as the time of a mode, and serves all samples of a run.

const (
	// pageBytes is the length of an answer: large enough that its checksum means something, small
	// enough that copying it does not matter beside the latency.
	pageBytes = 1 << 10

	taskPath  = "/task/"
	usagePath = "/usage"

	// clientTimeout ends a request to a server that is stuck. A server that works answers far
	// sooner.
	clientTimeout = 30 * time.Second
)

// openHTTP gives each worker a client with one connection that stays open. To the server, a worker
// that is a goroutine and a worker that is a process look the same. A transport that goroutines
// share would not be the same: goroutines would compete for its lock and its connections, and
// processes would not.
func openHTTP(s spec) (job, error) {
	var transports []*http.Transport
	return job{newTask: func() (task, error) {
		transport := &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true}
		transports = append(transports, transport)
		client := &http.Client{Transport: transport, Timeout: clientTimeout}
		// Connect before the first task: connecting is part of the start-up.
		if _, err := get(client, s.URL+usagePath); err != nil {
			return nil, err
		}
		return func(i uint64, _ []byte) (uint64, error) {
			body, err := get(client, s.URL+taskPath+strconv.FormatUint(i, 10))
			return checksumOf(i, body), err
		}, nil
	}, close: func() error {
		for _, t := range transports {
			t.CloseIdleConnections()
		}
		return nil
	}}, nil
}

// get returns the body of an answer with the status 200. Reading it to the end lets the transport
// use the connection again.
//
// A body that is not read to its end would close the connection, and every request would then
// pay for a new one.
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

// An httpServer is the handle that the runner has of the server process.
type httpServer struct {
	cmd    *exec.Cmd
	stdin  io.Closer // the server ends when it is closed
	url    string
	client http.Client
}

// startServer starts the server process and waits until it has printed its address. The server may
// use all cores and has the same priority as the samples: it must not be the bottleneck.
//
// The address comes over standard output, since the kernel chooses the port.
func startServer(ctx context.Context, s spec) (*httpServer, error) {
	s.Role = roleServer
	cmd, err := s.groupCommand(ctx, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := machine.StartFirst(cmd); err != nil {
		return nil, fmt.Errorf("starting the HTTP server: %w", err)
	}
	server := &httpServer{cmd: cmd, stdin: stdin, client: http.Client{Timeout: clientTimeout}}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	server.url = strings.TrimSpace(line)
	if err == nil && !strings.HasPrefix(server.url, "http://") {
		err = errNotAChild
	}
	if err != nil {
		_ = stdin.Close()
		return nil, fmt.Errorf("starting the HTTP server: %w (%v)", err, cmd.Wait())
	}
	return server, nil
}

// cpu returns the processor time that the server has used so far.
func (server *httpServer) cpu() (time.Duration, error) {
	body, err := get(&server.client, server.url+usagePath)
	if err != nil {
		return 0, fmt.Errorf("asking the HTTP server for its processor time: %w", err)
	}
	ns, err := strconv.ParseInt(string(body), 10, 64)
	return time.Duration(ns), err
}

// close ends the server by closing its standard input, and waits for its end.
//
// A server that was killed with its group is no error of its own: the run has ended, and its
// cause is reported elsewhere.
func (server *httpServer) close() error {
	server.client.CloseIdleConnections()
	_ = server.stdin.Close()
	err := server.cmd.Wait()
	if server.cmd.ProcessState.ExitCode() < 0 { // killed, because the context of the run ended
		return nil
	}
	return err
}

// serveHTTP is the server process. It prints its address, and ends when its standard input does.
func (s spec) serveHTTP() error {
	// Port 0 lets the kernel choose a free port, so that runs at the same time do not collide.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: s.handler()}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // returns when the runner closes the pipe or dies
		_ = server.Close()
	}()
	fmt.Printf("http://%s\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// handler answers tasks after a fixed latency, and reports the processor time of the server. The
// sleep stands for a database or another service: the client waits, and no core works for it.
//
// The latency is a sleep in the server and not in the client, so that the client waits for the
// network as in real programs.
func (s spec) handler() http.Handler {
	pages := http.NewServeMux()
	pages.HandleFunc(taskPath+"{i}", func(w http.ResponseWriter, r *http.Request) {
		i, err := strconv.ParseUint(r.PathValue("i"), 10, 64)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		time.Sleep(s.Latency)
		_, _ = w.Write(randomBytes(s.Seed+i, pageBytes)) // the client notices a short answer
	})
	pages.HandleFunc(usagePath, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, int64(rusage.Self().CPU()))
	})
	return pages
}
