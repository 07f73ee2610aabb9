package gotool

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// The folder is in the user's cache if that can be written to, and otherwise in the folder for
// temporary files, under a name that no other user has. A folder there is used again.
func TestCacheFolder(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the variables that choose the folders are the ones of Linux")
	}
	cache, temp := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("XDG_CACHE_HOME", cache)
	if got, err := CacheFolder("tool"); err != nil || got != filepath.Join(cache, "tool") {
		t.Errorf("%q, %v: want the folder in the cache", got, err)
	}

	file := filepath.Join(cache, "file") // no folder can be made below it, not even by root
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", file)
	own := filepath.Join(temp, "tool-"+strconv.Itoa(os.Getuid()))
	for range 2 {
		got, err := CacheFolder("tool")
		if err != nil || got != own {
			t.Fatalf("%q, %v: want %q", got, err, own)
		}
		if info, err := os.Stat(got); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("mode %v, %v: want a folder that other users cannot read", info.Mode(), err)
		}
	}

	if os.Getuid() == 0 { // any other user cannot give a folder away
		const other = 12345
		if err := os.Chown(own, other, -1); err != nil {
			t.Fatal(err)
		}
		if got, err := CacheFolder("tool"); err != nil || got == own {
			t.Errorf("%q, %v: want a new folder beside the folder of another user", got, err)
		}
	}

	// A link under that name was made by some other program, and may lead to any user's folder.
	elsewhere := t.TempDir()
	if err := os.Remove(own); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, own); err != nil {
		t.Fatal(err)
	}
	got, err := CacheFolder("tool")
	if err != nil || got == own || !strings.HasPrefix(got, filepath.Join(temp, "tool-")) {
		t.Errorf("%q, %v: want a new folder beside the link", got, err)
	}

	t.Setenv("TMPDIR", file)
	if got, err := CacheFolder("tool"); err == nil {
		t.Errorf("%q without any folder that can be written to, want an error", got)
	}
}
