// Package ioutil stands for the functions of io/ioutil for files, in rewritten code.
//
//	dir, err := ioutil.TempDir("", "x") // as os.MkdirTemp of the look-alike
package ioutil

import (
	"io/fs"
	real "os"

	"github.com/semabench/semabench/stress/explore/shim/os"
)

// ReadFile is ioutil.ReadFile.
func ReadFile(name string) ([]byte, error) { return os.ReadFile(name) }

// WriteFile is ioutil.WriteFile.
func WriteFile(name string, text []byte, perm fs.FileMode) error {
	return os.WriteFile(name, text, perm)
}

// ReadDir is ioutil.ReadDir. Unlike os.ReadDir it returns an error, and no entries, if a file is
// removed meanwhile; under control none is.
func ReadDir(name string) ([]fs.FileInfo, error) {
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, err
	}
	infos := make([]fs.FileInfo, 0, len(entries))
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// TempDir is ioutil.TempDir.
func TempDir(dir, pattern string) (string, error) { return os.MkdirTemp(dir, pattern) }

// TempFile is ioutil.TempFile.
func TempFile(dir, pattern string) (*real.File, error) { return os.CreateTemp(dir, pattern) }
