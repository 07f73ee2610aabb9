package reporttest

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files of testdata anew; read the diff")

// SameAsGolden fails if got differs from the file at path, and then writes got beside that file.
// With the flag -update it writes the file at path instead. The whole text is compared, so a change
// anywhere in it has to be looked at by a person once.
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
		_ = os.Remove(path + ".got") // left by an earlier failure
		return
	}
	if err := os.WriteFile(path+".got", got, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Errorf("differs from %s; see %s.got", path, path)
}
