//go:build amd64 || arm64 || loong64 || riscv64

package process

import "context"

func withoutUndo(s *SysV) Semaphore { return takeWithoutUndo{s} }

// takeWithoutUndo takes permits that the kernel does not reclaim when the process ends.
type takeWithoutUndo struct{ *SysV }

func (t takeWithoutUndo) Acquire(_ context.Context, n int64) error {
	if err := t.semop(nil, sembuf{op: -int16(n)}); err != nil {
		return err
	}
	t.held.Add(n)
	return nil
}
