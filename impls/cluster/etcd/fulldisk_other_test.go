//go:build unix && !linux

package etcd

import "testing"

// noSmallDisk says what newSmallDisk lacks where it returns nil.
const noSmallDisk = "a file system in memory needs Linux"

type smallDisk struct{}

func newSmallDisk(*testing.T, string) (*smallDisk, error) { return nil, nil }

func (*smallDisk) fill() error { return nil }
func (*smallDisk) free() error { return nil }
