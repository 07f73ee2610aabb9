package parallel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

// A measurement is a run under way.
type measurement struct {
	*Experiment
	text    io.Writer
	scratch string // folder
	kind    shared // semaphore of processes
	file    readFile
	server  *server

	state   string            // of the sample before, in the text
	retaken int               // samples
	marked  int               // samples that stay disturbed
	sums    map[string]uint32 // by what was done
	failed  map[string]error  // by row
	names   []string          // of those, in order
}

// Run measures what o says and writes benchmark text to w, each sample as it is taken. It returns the first
// error with which nothing can be measured; errors of rows, and checksums that differ, are joined to one
// after all others have been measured. If ctx ends, so do all processes, and Run returns the cause.
//
// The program has to call [ChildMain] first of all.
func Run(ctx context.Context, w io.Writer, o Options) error {
	p, err := o.Experiment()
	if err != nil {
		return err
	}
	return p.Run(ctx, w)
}

// Run measures what is planned: see the function Run.
func (p *Experiment) Run(ctx context.Context, w io.Writer) (err error) {
	if os.Getenv(childVar) != "" {
		return errors.New("this process is a child: its program has to call parallel.ChildMain first of all")
	}
	m := &measurement{Experiment: p, text: w, sums: map[string]uint32{}, failed: map[string]error{}}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.prepare(ctx); err != nil {
		return err
	}
	if _, err := io.WriteString(w, m.header()); err != nil {
		return fmt.Errorf("writing the head of the text: %w", err)
	}
	for round := range p.options.Rounds {
		if err := m.round(ctx, round); err != nil {
			return err
		}
	}
	return m.failures()
}

func (m *measurement) prepare(ctx context.Context) (err error) {
	if m.scratch, err = os.MkdirTemp(sharedFolder(), fmt.Sprintf("semabench-parallel-%d-*", os.Getpid())); err != nil {
		return fmt.Errorf("making a folder for what processes share: %w", err)
	}
	if m.kind, err = m.chooseKind(); err != nil {
		return err
	}
	for _, r := range m.rows {
		switch {
		case r.Work == "files" && m.file.Path == "":
			m.file, err = makeFile(m.options.Dir, m.options.Seed)
		case r.Work == "http" && m.server == nil:
			m.server, err = startServer(ctx, request{Latency: r.Latency, Seed: m.options.Seed})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sharedFolder is memory where the system has some for this, or the usual one.
func sharedFolder() string {
	const shm = "/dev/shm"
	if info, err := os.Stat(shm); runtime.GOOS == "linux" && err == nil && info.IsDir() {
		return shm
	}
	return ""
}

// chooseKind takes what was asked for, or else the first that works here.
func (m *measurement) chooseKind() (shared, error) {
	if m.options.Process != "" {
		k, err := sharedKind(m.options.Process)
		if err == nil {
			err = k.works(m.scratch)
		}
		return k, err
	}
	var errs []error
	for _, k := range sharedKinds {
		err := k.works(m.scratch)
		if err == nil {
			return k, nil
		}
		errs = append(errs, err)
	}
	return shared{}, fmt.Errorf("no semaphore between processes works here: %w", errors.Join(errs...))
}

func (m *measurement) close() (err error) {
	if m.server != nil {
		err = m.server.close()
	}
	if m.file.Path != "" {
		err = errors.Join(err, os.Remove(m.file.Path))
	}
	if m.scratch != "" {
		err = errors.Join(err, os.RemoveAll(m.scratch))
	}
	return err
}
