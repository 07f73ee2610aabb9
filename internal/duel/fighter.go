package duel

import (
	"context"
	"errors"
	"time"
)

// A fighter is one side of a pair: a binary, and the process of it. A process that a row has
// spoiled is replaced when the next row needs one.
type fighter struct {
	label string
	binary
	silence time.Duration
	p       *process
}

func (m *match) fighter(label string, b binary) *fighter {
	return &fighter{label: label, binary: b, silence: m.Silence}
}

// enter returns a process that is at the row.
func (f *fighter) enter(ctx context.Context, name string) (*process, error) {
	if f.p == nil {
		p, err := start(ctx, f.label, f.binary, f.silence)
		if err != nil {
			return nil, err
		}
		f.p = p
	}
	return f.p, f.p.enter(name)
}

// close lets the process end in peace, drop does not.
func (f *fighter) close() {
	if f.p != nil {
		f.p.close()
		f.p = nil
	}
}

func (f *fighter) drop() {
	if f.p != nil {
		f.p.kill()
		f.p = nil
	}
}

// at calls do with processes of both sides that are at the same row. They come to it one after the
// other, because only one may run at a time.
func at(ctx context.Context, a, b *fighter, name string, do func(a, b *process) error) error {
	err := func() error {
		pa, err := a.enter(ctx, name)
		if err != nil {
			return err
		}
		pb, err := b.enter(ctx, name)
		if err != nil {
			return err
		}
		if err := do(pa, pb); err != nil {
			return err
		}
		return errors.Join(pa.leave(), pb.leave())
	}()
	if err != nil {
		a.drop()
		b.drop()
	}
	if ctx.Err() != nil {
		return ctx.Err() // of which the processes died
	}
	return err
}
