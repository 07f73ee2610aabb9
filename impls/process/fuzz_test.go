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

// Whatever a client says, a broker has all its permits when it has gone.
func FuzzBroker(f *testing.F) {
	frame := func(kind, id, n byte) []byte {
		b := make([]byte, process.FrameBytes)
		b[0], b[1], b[9] = kind, id, n
		return b
	}
	const size, try, want, accept, cancel, release, ask = 3, 2, 3, 4, 5, 6, 7
	f.Add(bytes.Join([][]byte{frame(try, 1, 2), frame(want, 2, 2), frame(cancel, 2, 2), frame(release, 0, 2)}, nil))
	f.Add(bytes.Join([][]byte{frame(want, 1, 3), frame(want, 2, 1), frame(accept, 2, 0), frame(ask, 3, 0)}, nil))
	f.Add(bytes.Join([][]byte{frame(want, 1, 3), frame(want, 1, 3), frame(release, 0, 9)}, nil))
	f.Add([]byte("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"))
	f.Fuzz(func(t *testing.T, result []byte) {
		ours, theirs := net.Pipe()
		server := process.ServeClient(size, theirs)
		replied := make(chan struct{})
		go func() { _, _ = io.Copy(io.Discard, ours); close(replied) }()
		_, _ = ours.Write(process.Hello)
		_, _ = ours.Write(result) // until the broker has had enough
		_ = ours.Close()
		<-replied
		if err := server.Close(); err != nil {
			t.Fatal(err)
		}
		now := server.Stats()
		if now.Free != size || now.Waiting != 0 || now.Clients != 0 {
			t.Errorf("the broker has %+v, want %d free and nobody there", now, size)
		}
	})
}

// What MAKEFLAGS is understood to say can be said again, and is understood in the same way. What it is not
// understood to say is quoted in the error.
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
				t.Errorf("%v\nwant %q in it", err, flags)
			}
			return
		}
		quoted := strings.NewReplacer(`\`, `\\`, " ", `\ `, "\t", "\\\t").Replace(auth)
		again, _, err := process.ParseMakeflags("--jobserver-auth=" + quoted)
		if err != nil || again != auth || jobs < 0 {
			t.Errorf("%q says %q, and that %q, %v (jobs %d)", flags, auth, again, err, jobs)
		}
	})
}
