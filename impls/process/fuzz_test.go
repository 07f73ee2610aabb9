package process_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/semabench/semabench/impls/process"
)

// Whatever a client sends, all permits of the broker are free after the client has disconnected.
func FuzzBroker(f *testing.F) {
	frame := func(kind, id, n byte) []byte {
		b := make([]byte, process.FrameBytes)
		b[0], b[1], b[9] = kind, id, n
		return b
	}
	const size, try, acquire, accept, cancel, release, stats = 3, 2, 3, 4, 5, 6, 7
	add := func(frames ...[]byte) { f.Add(bytes.Join(frames, nil)) }
	add(frame(try, 1, 2), frame(acquire, 2, 2), frame(cancel, 2, 2), frame(release, 0, 2))
	add(frame(acquire, 1, 3), frame(acquire, 2, 1), frame(accept, 2, 0), frame(stats, 3, 0))
	add(frame(acquire, 1, 3), frame(acquire, 1, 3), frame(release, 0, 9))
	f.Add([]byte("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		ours, theirs := net.Pipe()
		server := process.ServeClient(size, theirs)
		drained := make(chan struct{})
		go func() { _, _ = io.Copy(io.Discard, ours); close(drained) }()
		_, _ = ours.Write(process.Hello)
		_, _ = ours.Write(sent) // fails when the broker ends the connection
		_ = ours.Close()
		<-drained
		if err := server.Close(); err != nil {
			t.Fatal(err)
		}
		now := server.Stats()
		if now.Free != size || now.Waiting != 0 || now.Clients != 0 {
			t.Errorf("Stats = %+v, want %d free, no request and no client", now, size)
		}
	})
}

// A parsed MAKEFLAGS, written out again, is parsed to the same value. An error quotes the
// MAKEFLAGS.
func FuzzMakeflags(f *testing.F) {
	for _, flags := range []string{
		" -j4 --jobserver-auth=3,4", "ks -j --jobserver-auth=fifo:/tmp/a\\ b", "--jobserver-fds=3,4 -j",
		"-j2 --jobserver-auth=-2,-2", "-- --jobserver-auth=3,4", "--jobserver-auth=fifo:", "\\",
	} {
		f.Add(flags)
	}
	f.Fuzz(func(t *testing.T, flags string) {
		auth, jobs, err := process.ParseMakeflags(flags)
		if err != nil {
			if !strings.Contains(err.Error(), fmt.Sprintf("%q", flags)) {
				t.Errorf("parsing: %v\nwant an error with %q", err, flags)
			}
			return
		}
		quoted := strings.NewReplacer(`\`, `\\`, " ", `\ `, "\t", "\\\t").Replace(auth)
		again, _, err := process.ParseMakeflags("--jobserver-auth=" + quoted)
		if err != nil || again != auth || jobs < 0 {
			t.Errorf("%q is parsed to %q with %d jobs, and that to %q, %v", flags, auth, jobs, again, err)
		}
	})
}
