package exitcode_test

import (
	"errors"
	"flag"
	"fmt"
	"testing"

	"github.com/semabench/semabench/internal/exitcode"
)

func TestOf(t *testing.T) {
	plain := errors.New("no such file")
	for _, test := range []struct {
		err  error
		want int
	}{
		{nil, exitcode.OK},
		{flag.ErrHelp, exitcode.OK},
		{plain, exitcode.Refused},
		{fmt.Errorf("%w: two rows", exitcode.ErrFailed), exitcode.Failed},
		{errors.Join(exitcode.ErrFailed, exitcode.ErrInterrupted), exitcode.Interrupted},
		{fmt.Errorf("gate: %w", exitcode.Error{Code: 4, Err: exitcode.ErrFailed}), 4},
	} {
		if got := exitcode.Of(test.err); got != test.want {
			t.Errorf("Of(%v) = %d, want %d", test.err, got, test.want)
		}
	}
	if err := (exitcode.Error{Code: 4, Err: plain}); !errors.Is(err, plain) ||
		err.Error() != plain.Error() {
		t.Errorf("an Error hides its cause: %v", err)
	}
}
