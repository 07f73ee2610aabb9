// Package io stands for io.Pipe in rewritten code.
//
//	r, w := io.Pipe() // each Read is a step, and each Write two
//
// The standard pipe synchronizes by channels that are not under control.
package io

import (
	"io"

	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/stream"
)

// A PipeReader is an io.PipeReader. Outside of control real is set, under control model.
type PipeReader struct {
	model *stream.Stream
	real  *io.PipeReader
}

// A PipeWriter is an io.PipeWriter. Outside of control real is set, under control model.
type PipeWriter struct {
	model *stream.Stream
	real  *io.PipeWriter
}

// Pipe is io.Pipe.
func Pipe() (*PipeReader, *PipeWriter) {
	if !schedrt.Controlled() {
		r, w := io.Pipe()
		return &PipeReader{real: r}, &PipeWriter{real: w}
	}
	s := stream.New(0, io.ErrClosedPipe)
	return &PipeReader{model: s}, &PipeWriter{model: s}
}

// refuseReal refuses a pipe from outside of control: a goroutine would wait in it unseen.
func refuseReal(real bool) {
	if real {
		schedrt.Refuse("an io.Pipe from before the schedule is not under control")
	}
}

// Read is PipeReader.Read.
func (r *PipeReader) Read(b []byte) (int, error) {
	if r.real != nil {
		refuseReal(schedrt.Controlled())
		return r.real.Read(b)
	}
	return r.model.Read(b)
}

// Close is PipeReader.Close.
func (r *PipeReader) Close() error { return r.CloseWithError(nil) }

// CloseWithError is PipeReader.CloseWithError.
func (r *PipeReader) CloseWithError(err error) error {
	switch {
	case r.real != nil:
		return r.real.CloseWithError(err)
	case err == nil:
		err = io.ErrClosedPipe
	}
	r.model.CloseRead(err)
	return nil
}

// Write is PipeWriter.Write.
func (w *PipeWriter) Write(b []byte) (int, error) {
	if w.real != nil {
		refuseReal(schedrt.Controlled())
		return w.real.Write(b)
	}
	return w.model.Write(b)
}

// Close is PipeWriter.Close.
func (w *PipeWriter) Close() error { return w.CloseWithError(nil) }

// CloseWithError is PipeWriter.CloseWithError.
func (w *PipeWriter) CloseWithError(err error) error {
	switch {
	case w.real != nil:
		return w.real.CloseWithError(err)
	case err == nil:
		err = io.EOF
	}
	w.model.CloseWrite(err)
	return nil
}
