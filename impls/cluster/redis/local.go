package redis

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// ErrNoServer is the error of Local on a machine without the program redis-server.
var ErrNoServer = errors.New("redis: the program redis-server is not installed (Debian: apt-get install redis-server)")

// A Server is a redis-server in a process of its own.
type Server struct {
	dir, address string
	temporary    bool
	args         []string
	shell        *exec.Cmd
	stdin        io.WriteCloser
	pid          int
}

// supervise runs the server in its arguments. When standard input ends it kills the server, and without
// the word keep it removes a temporary directory. So nothing is left of a program that was killed: redis-server has
// no option for this. Ctrl-C reaches the shell too, which must live on to do so.
const supervise = `"$@" </dev/null >"$LOG" 2>&1 & trap '' INT TERM HUP; echo $!; read -r word
	kill -9 $!; [ "$word" = keep ] || [ -z "$REMOVE" ] || rm -r "$REMOVE"`

// Local starts the redis-server of this machine on the loopback interface, with its data in dir and more
// options as on its command line. An empty dir is a temporary directory that Close removes. It is
// for tests, and for programs on one machine. Without an option that says otherwise, it saves nothing.
func Local(dir string, options ...string) (_ *Server, err error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, ErrNoServer
	}
	s := &Server{dir: dir, temporary: dir == ""}
	if s.temporary {
		if s.dir, err = os.MkdirTemp("", "semabench-redis-"); err != nil {
			return nil, err
		}
	}
	// The port is free now; another program may take it before the server does.
	for range 3 {
		if s.address, err = freeAddress(); err != nil {
			break
		}
		_, port, _ := net.SplitHostPort(s.address)
		s.args = append([]string{program, "--port", port, "--bind", "127.0.0.1", "--dir", s.dir, "--save", "",
			"--appendonly", "no"}, options...)
		if err = s.Start(); err == nil {
			return s, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("redis: server in %s: %w", s.dir, err), s.Close())
}

// freeAddress asks the system for a port. redis-server cannot choose a port itself and say which it
// took.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// Start starts the server again after Kill, with the data that it saved, and waits until it answers.
func (s *Server) Start() (err error) {
	log := filepath.Join(s.dir, "log")
	s.shell = exec.Command("sh", append([]string{"-c", supervise, "sh"}, s.args...)...)
	s.shell.Env = append(os.Environ(), "LOG="+log)
	if s.temporary {
		s.shell.Env = append(s.shell.Env, "REMOVE="+s.dir)
	}
	if s.stdin, err = s.shell.StdinPipe(); err != nil {
		return err
	}
	out, err := s.shell.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.shell.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err == nil {
		s.pid, err = strconv.Atoi(strings.TrimSpace(line))
	}
	for deadline := time.Now().Add(10 * time.Second); err == nil; time.Sleep(5 * time.Millisecond) {
		c, dialErr := net.Dial("tcp", s.address)
		if dialErr == nil {
			return c.Close()
		}
		text, _ := os.ReadFile(log)
		if time.Now().After(deadline) || strings.Contains(string(text), "Failed listening") {
			err = fmt.Errorf("%w; its log ends with %q", dialErr, text[max(0, len(text)-300):])
		}
	}
	return errors.Join(err, s.Kill())
}

// Address returns the address of the server for clients.
func (s *Server) Address() string { return s.address }

// Process returns the process of the server, for signals.
func (s *Server) Process() *os.Process {
	p, _ := os.FindProcess(s.pid) // it never fails on Unix
	return p
}

// Kill ends the server without a chance to save. The word keep tells the shell that a temporary
// directory stays, because Start may use its data again.
func (s *Server) Kill() error {
	if s.shell == nil {
		return nil
	}
	_, err := io.WriteString(s.stdin, "keep\n")
	err = errors.Join(err, s.stdin.Close())
	_ = s.shell.Wait() // it reports the signal
	s.shell = nil
	return err
}

// Engine connects to the server.
func (s *Server) Engine() (*Engine, error) {
	e, err := Dial(goredis.Options{Addr: s.address})
	if err == nil {
		e.server = s // the server ends when the garbage collector closes its pipe
	}
	return e, err
}

// Close kills the server, and removes its directory if it is temporary.
func (s *Server) Close() error {
	err := s.Kill()
	if s.temporary {
		err = errors.Join(err, os.RemoveAll(s.dir))
	}
	return err
}
