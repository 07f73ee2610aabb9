package home

import (
	"os"
	"path/filepath"
	"strconv"
)

// A Counter counts in a file.
type Counter struct{ path string }

// NewCounter makes a counter in a folder.
func NewCounter(dir string) (*Counter, error) {
	c := &Counter{filepath.Join(dir, "count")}
	return c, c.set(0)
}

func (c *Counter) set(n int) error {
	return os.WriteFile(c.path, []byte(strconv.Itoa(n)), 0o600)
}

// Value reads the counter.
func (c *Counter) Value() (int, error) {
	text, err := os.ReadFile(c.path)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(text))
}

// Add adds one. It is wrong to call it in two goroutines.
func (c *Counter) Add() error {
	n, err := c.Value()
	if err != nil {
		return err
	}
	return c.set(n + 1)
}
