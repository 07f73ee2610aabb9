package parallel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/machine"
)

// longestSample is what nothing takes that is not stuck.
const longestSample = time.Minute

// errStuck ends a sample that takes longer. Its processes then say where they are before they end.
var errStuck = errors.New("it is stuck")

// sample takes one, and says what disturbed it.
func (m *measurement) sample(ctx context.Context, r row) (t taken, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, m.patience,
		fmt.Errorf("%w: stopped after %v", errStuck, m.patience))
	defer cancel()
	watch, began := machine.StartWatch(), time.Now()
	server, err := m.serverTime(r)
	if err != nil {
		return t, err
	}
	if t.found, err = m.ask(ctx, r); err != nil {
		return t, err
	}
	m.compare(r, t.found)
	t.row, t.noise = r, watch.Noise()
	wall := time.Since(began)
	after, err := m.serverTime(r)
	if err != nil {
		return t, err
	}
	t.why = r.disturbance(t.found, t.noise, wall, after-server, m.cores)
	return t, nil
}

// serverTime is the processor time of the server, if the row makes it work.
func (m *measurement) serverTime(r row) (time.Duration, error) {
	if r.Work != "http" {
		return 0, nil
	}
	return m.server.usage()
}

// ask starts the process of a sample and returns what it found.
func (m *measurement) ask(ctx context.Context, r row) (*sampled, error) {
	shared, err := os.MkdirTemp(m.scratch, "sample-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(shared)
	q := m.requestOf(r, filepath.Join(shared, "semaphore"))
	cmd, err := q.start(ctx, r.cores(m.cores))
	if err != nil {
		return nil, err
	}
	var said, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &complaint
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	defer lifeline.Close()
	if err = machine.StartFirst(cmd); err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		q.sweep() // one that was killed did not
	}
	if cause := context.Cause(ctx); errors.Is(cause, errStuck) {
		return nil, fmt.Errorf("%w; this is where its processes were:\n%s", cause, firstLines(complaint.String(), 400))
	} else if cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, failure(err, said.String(), complaint.String())
	}
	s := new(sampled)
	if err := json.Unmarshal(said.Bytes(), s); err != nil {
		return nil, errNoChild
	}
	return s, nil
}

// requestOf is what the process of a sample is asked for. The semaphore of its workers will be at a path.
func (m *measurement) requestOf(r row, path string) request {
	q := r.request
	q.Role, q.Seed, q.Impl, q.Process = sampling, m.options.Seed, m.options.Impl, m.kind.name
	q.File, q.Path = m.file, path
	if m.server != nil {
		q.URL = m.server.url
	}
	return q
}

// cores is how many of all cores the process of a sample may use.
func (r row) cores(all int) int {
	if r.Mode == Serial || r.Mode == OneCore {
		return 1
	}
	return all
}

// failure is why there is no sample. One that fails says so where errors are said, and nothing else.
func failure(err error, said, complaint string) error {
	switch text := strings.TrimSpace(complaint); {
	case said != "":
		return fmt.Errorf("%w (%w)", errNoChild, err)
	case text != "":
		return fmt.Errorf("%w: %s", err, text)
	}
	return err
}

func firstLines(s string, most int) string {
	lines := strings.SplitN(s, "\n", most+1)
	return strings.Join(lines[:min(most, len(lines))], "\n")
}
