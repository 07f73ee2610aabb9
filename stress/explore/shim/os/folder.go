package os

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Each call of a function for files is one step on the object files, so two calls are dependent
// unless both only read. Files are real. A schedule may read any file, and change those in its own
// folder, which TempDir and MkdirTemp return and which is empty when the schedule begins. A change
// elsewhere would stay for the next schedule, and is refused.

// files is the object of all steps on files.
var files schedrt.Object

// These variables belong to the schedule that is played. Package rewrite keeps the race detector out
// of this package, as the goroutines of the schedule share them without an edge.
var (
	folder string      // of the schedule; "" until it is asked for
	opened []io.Closer // closed before the next schedule: a schedule may end before the program closes them
	home   string      // the working folder at the beginning of the first schedule
	moved  bool        // the schedule has changed the working folder
)

func init() { schedrt.AtBegin(restoreFiles) }

// restoreFiles removes what the last schedule left.
func restoreFiles() {
	if home == "" {
		home, _ = os.Getwd()
	}
	if moved {
		moved = false
		os.Chdir(home)
	}
	for _, f := range opened {
		f.Close()
	}
	opened = opened[:0]
	if folder != "" {
		os.RemoveAll(folder)
		folder = ""
	}
}

// readFiles performs f as a step that reads files.
func readFiles(f func()) {
	if !schedrt.Controlled() {
		f()
		return
	}
	schedrt.Do(schedrt.OpReadFile, func() bool { f(); return false },
		schedrt.Touch{Object: &files, Mode: schedrt.Read})
}

// changeFiles performs f as a step that changes files. Name is the function for a refusal, and paths
// are the files.
func changeFiles(name string, f func(), paths ...string) {
	if !schedrt.Controlled() {
		f()
		return
	}
	for _, path := range paths {
		if !mayChange(path) {
			schedrt.Refuse(name + " outside of the folder of the schedule is not under control: " +
				"write to a folder of T.TempDir or os.MkdirTemp")
		}
	}
	schedrt.Do(schedrt.OpWriteFile, func() bool { f(); return true },
		schedrt.Touch{Object: &files, Mode: schedrt.Write})
}

// mayChange reports whether a path is in the folder of the schedule. The initialization of packages
// may change other files: it did so before the first schedule, too.
func mayChange(path string) bool {
	if path == os.DevNull || !schedrt.FirstInit() {
		return true
	}
	absolute, err := filepath.Abs(path)
	if err != nil || folder == "" {
		return false
	}
	rest, ok := strings.CutPrefix(absolute, folder)
	return ok && (rest == "" || rest[0] == filepath.Separator)
}

// track remembers a file that a schedule has opened.
func track(f *os.File, err error) (*os.File, error) {
	if err == nil {
		remember(f)
	}
	return f, err
}

// remember has the next schedule close a file or a root.
func remember(c io.Closer) {
	if schedrt.Controlled() {
		opened = append(opened, c)
	}
}

// changes reports whether a file that is opened with a flag may be changed.
func changes(flag int) bool {
	return flag&(os.O_WRONLY|os.O_RDWR|os.O_CREATE|os.O_TRUNC|os.O_APPEND) != 0
}
