// Package etcd has a table with the semaphore in etcd, for the flag -impl of semabench; see package table.
package etcd

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/impls/cluster/etcd"
	"github.com/semabench/semabench/impls/cluster/table"
)

// endpoints names servers, with commas between their addresses. Without it, a server is started in the
// process, and ends with it.
const endpoints = "SEMABENCH_ETCD"

// engine connects, or starts the server, once for all semaphores of the process. Neither is ever
// closed: the table cannot know which semaphore is the last one, and both end with the process.
var engine = sync.OnceValues(func() (cluster.Engine, error) {
	if list := os.Getenv(endpoints); list != "" {
		return etcd.Dial(clientv3.Config{Endpoints: strings.Split(list, ",")})
	}
	dir, err := os.MkdirTemp("", "semabench-etcd-")
	if err != nil {
		return nil, err
	}
	if err := removeLater(dir); err != nil {
		return nil, err
	}
	server, err := etcd.Embedded(dir)
	if err != nil {
		return nil, err
	}
	return server.Engine()
})

// alive keeps the pipes to shells open until this process ends: the garbage collector would close them.
var alive []io.Closer

// removeLater lets a shell remove the directory when this process has ended, in whatever way. A verb plays
// one program after another in processes of their own, which close nothing at their end, and etcd
// reserves 64 MB in each directory.
func removeLater(dir string) error {
	// The shell waits in read until this process ends and the pipe closes. It ignores the signals
	// of a terminal, which go to the whole group of processes. The pause of a second is for this
	// process, which may still write files while the system closes its pipe.
	c := exec.Command("sh", "-c", `trap '' INT TERM HUP; read -r word; sleep 1; rm -rf "$0"`, dir)
	end, err := c.StdinPipe()
	if err != nil {
		return err
	}
	alive = append(alive, end)
	return c.Start()
}

// All returns the one row.
func All() []impls.Impl {
	return []impls.Impl{table.Row("etcd", "package impls/cluster/etcd", etcd.MaxSize, engine)}
}
