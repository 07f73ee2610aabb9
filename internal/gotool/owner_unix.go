//go:build unix

package gotool

import (
	"io/fs"
	"os"
	"syscall"
)

// isOwn reports whether the file belongs to the user of this process.
func isOwn(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}
