package reports

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// WriteDrawings is for the tests outside: all pictures of c in one stream.
func WriteDrawings(w io.Writer, c *Comparison) error {
	list := c.newDrawings()
	if _, err := fmt.Fprintf(w, "<!-- %d pictures -->\n", len(list)); err != nil {
		return err
	}
	for _, d := range list {
		if err := d.write(w, c); err != nil {
			return err
		}
	}
	return nil
}

func TestPictureKinds(t *testing.T) {
	seen := strings.Join(drawingKinds, " ")
	for _, d := range []drawing{{kind: "heat"}, {kind: "ratios"}, {kind: "scaling"}, {kind: "latency"}} {
		if !strings.Contains(seen, d.kind) {
			t.Errorf("%s is in no list, so a stale one would stay", d.kind)
		}
	}
}
