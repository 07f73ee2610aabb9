package gotool

import (
	"os"
	"path/filepath"
	"strconv"
)

// CacheFolder returns a folder with the given name, in which a tool keeps what its next run uses
// again. It is in the user's cache. A home that cannot be written to, as in many containers, has no
// place for one; then it is in the folder for temporary files.
//
// All users share that folder, so the name gets the user's ID, and no other user may write there: a
// later run executes the binaries that it finds. A folder of this name that belongs to another user
// is not used. CacheFolder returns an empty one in its place, and the next run builds everything
// again.
func CacheFolder(name string) (string, error) {
	if cache, err := os.UserCacheDir(); err == nil {
		dir := filepath.Join(cache, name)
		if os.MkdirAll(dir, 0o755) == nil {
			return dir, nil
		}
	}
	dir := filepath.Join(os.TempDir(), name+"-"+strconv.Itoa(os.Getuid()))
	if err := os.Mkdir(dir, 0o700); err == nil {
		return dir, nil
	}
	// Lstat and not Stat: a link may lead anywhere. The owner is asked for, because root may change the mode
	// of any folder: the owner could still put a binary into it.
	if info, err := os.Lstat(dir); err == nil && info.IsDir() && isOwn(info) && os.Chmod(dir, 0o700) == nil {
		return dir, nil
	}
	return os.MkdirTemp("", name+"-")
}
