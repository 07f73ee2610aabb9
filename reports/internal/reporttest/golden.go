package reporttest

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files of testdata anew; read the diff")

// SameAsGolden fails if got is not byte for byte what the file at path holds, and leaves it beside
// that file. With the flag -update it writes the file.
func SameAsGolden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		_ = os.Remove(path + ".got") // of an earlier failure, if there was one
		return
	}
	if err := os.WriteFile(path+".got", got, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Errorf("differs from %s; see %s.got", path, path)
}
