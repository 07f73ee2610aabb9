package shim_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	real "testing"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/slogtest"
	"github.com/semabench/semabench/stress/explore/shim/testing"
)

// A withoutGroups forgets its groups.
type withoutGroups struct{ slog.Handler }

func (h withoutGroups) WithGroup(string) slog.Handler { return h }

// The handler of the standard library passes, and one without groups fails.
func TestRun(t *real.T) {
	for want, wrap := range map[string]func(slog.Handler) slog.Handler{
		"": func(h slog.Handler) slog.Handler { return h },
		"a Handler should handle the WithGroup method": func(h slog.Handler) slog.Handler { return withoutGroups{h} },
	} {
		x := schedtest.PlayChoices(t, schedrt.Limits{}, nil, nil, func() {
			testing.Play(t, nil, func(t *testing.T) { testJSON(t, wrap) }, func(string) {})
		})
		if got := x.Outcome.Message; (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func testJSON(t *testing.T, wrap func(slog.Handler) slog.Handler) {
	var buf bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		buf.Reset()
		return wrap(slog.NewJSONHandler(&buf, nil))
	}, func(t *testing.T) map[string]any {
		line := map[string]any{}
		if err := json.Unmarshal(buf.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		return line
	})
}
