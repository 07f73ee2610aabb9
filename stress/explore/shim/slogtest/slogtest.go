// Package slogtest stands for testing/slogtest.Run in the rewritten tests of a suite.
//
//	slogtest.Run(t, newHandler, result) // t is the look-alike, which the standard package does not take
//
// The cases are the ones of the standard package: its TestHandler plays them, each with a handler of its
// own. They are no subtests, because TestHandler does not tell their names.
package slogtest

import (
	"context"
	"log/slog"
	"testing/slogtest"

	"github.com/semabench/semabench/stress/explore/shim/testing"
)

// Run is slogtest.Run.
func Run(t *testing.T, newHandler func(*testing.T) slog.Handler, result func(*testing.T) map[string]any) {
	var results []map[string]any
	root := &perCase{handle: func(r slog.Record, derive func(slog.Handler) slog.Handler) error {
		err := derive(newHandler(t)).Handle(context.Background(), r)
		results = append(results, result(t))
		return err
	}}
	if err := slogtest.TestHandler(root, func() []map[string]any { return results }); err != nil {
		t.Error(err)
	}
}

// A perCase hands each record to a new handler. A case logs once, so a record is a case. derive
// repeats on the new handler each call that the case made on its handler before the record.
type perCase struct {
	handle func(slog.Record, func(slog.Handler) slog.Handler) error
	derive func(slog.Handler) slog.Handler // nil for none
}

func (p *perCase) then(f func(slog.Handler) slog.Handler) *perCase {
	return &perCase{p.handle, func(h slog.Handler) slog.Handler { return f(p.derived(h)) }}
}

func (p *perCase) derived(h slog.Handler) slog.Handler {
	if p.derive == nil {
		return h
	}
	return p.derive(h)
}

// Enabled is true: a handler that drops a case fails by the missing result.
func (p *perCase) Enabled(context.Context, slog.Level) bool { return true }

func (p *perCase) Handle(_ context.Context, r slog.Record) error { return p.handle(r, p.derived) }

func (p *perCase) WithAttrs(attrs []slog.Attr) slog.Handler {
	return p.then(func(h slog.Handler) slog.Handler { return h.WithAttrs(attrs) })
}

func (p *perCase) WithGroup(name string) slog.Handler {
	return p.then(func(h slog.Handler) slog.Handler { return h.WithGroup(name) })
}
