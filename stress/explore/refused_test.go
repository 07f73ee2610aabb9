package explore_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore"
)

// refusals are programs that cannot be put under control, by the function that the text has to
// name.
var refusals = map[string]func(t *explore.T){
	"net.ListenPacket":                func(t *explore.T) { net.ListenPacket("udp", "localhost:0") },
	"net/http.Client.Get":             func(t *explore.T) { http.DefaultClient.Get("http://localhost:1") },
	"net/http/httptest.NewServer":     func(t *explore.T) { httptest.NewServer(nil) },
	"os.OpenRoot":                     func(t *explore.T) { os.OpenRoot(".") },
	"os/exec.Cmd.Run":                 func(t *explore.T) { exec.Command("true").Run() },
	"os.Exit":                         func(t *explore.T) { go os.Exit(0) },
	"runtime.Stack of all goroutines": func(t *explore.T) { runtime.Stack(nil, true) },
	"net/http.Client.Do": func(t *explore.T) {
		do := http.DefaultClient.Do // refused when its value is taken, before the call
		do(nil)
	},
}

func TestRefusals(t *testing.T) {
	for what, program := range refusals {
		t.Run(what, func(t *testing.T) {
			r := explore.Check(t, explore.Options{Schedules: 10}, program)
			if r.Verdict != explore.Refused || !strings.Contains(r.Text, "refused: "+what) ||
				!strings.Contains(r.Text, "not under control (stress/explore/refused_test.go:") {
				t.Errorf("%s: %s", r.Verdict, r.Text)
			}
		})
	}
}
