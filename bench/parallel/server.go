package parallel

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/machine"
)

// start is command for a process that ends with ctx, and all that it started too.
func (r request) start(ctx context.Context, procs int) (*exec.Cmd, error) {
	plain, err := r.command(procs)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, plain.Path)
	cmd.Env, cmd.Stderr = plain.Env, plain.Stderr
	cmd.WaitDelay = time.Second // for pipes that somebody holds who is not in the group
	apart(ctx, cmd)
	return cmd, nil
}

// A server is the process that answers HTTP.
type server struct {
	cmd      *exec.Cmd
	lifeline io.Closer
	url      string
	client   http.Client
}

func startServer(ctx context.Context, r request) (*server, error) {
	r.Role = serving
	cmd, err := r.start(ctx, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := machine.StartFirst(cmd); err != nil {
		return nil, fmt.Errorf("starting the HTTP server: %w", err)
	}
	s := &server{cmd: cmd, lifeline: in, client: http.Client{Timeout: longestAnswer}}
	line, err := bufio.NewReader(out).ReadString('\n')
	if s.url = strings.TrimSpace(line); err == nil && !strings.HasPrefix(s.url, "http://") {
		err = errNoChild
	}
	if err != nil {
		_ = in.Close()
		return nil, fmt.Errorf("starting the HTTP server: %w (%v)", err, cmd.Wait())
	}
	return s, nil
}

// usage is the processor time of the server so far.
func (s *server) usage() (time.Duration, error) {
	body, err := get(&s.client, s.url+usagePath)
	if err != nil {
		return 0, fmt.Errorf("asking the HTTP server what it used: %w", err)
	}
	ns, err := strconv.ParseInt(string(body), 10, 64)
	return time.Duration(ns), err
}

func (s *server) close() error {
	s.client.CloseIdleConnections()
	_ = s.lifeline.Close() // it ends then
	err := s.cmd.Wait()
	if s.cmd.ProcessState.ExitCode() < 0 { // it was killed with everything else
		return nil
	}
	return err
}
