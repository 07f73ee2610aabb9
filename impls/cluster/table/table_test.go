package table_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/impls/cluster/table/etcd"
	"github.com/semabench/semabench/impls/cluster/table/redis"
	"github.com/semabench/semabench/internal/longtest"
)

// rows leaves out Redis on a machine without redis-server.
func rows(t *testing.T) []impls.Impl {
	all := etcd.All()
	if _, err := exec.LookPath("redis-server"); err == nil {
		return append(all, redis.All()...)
	}
	if os.Getenv("CI") != "" {
		t.Fatal("redis-server is not installed")
	}
	t.Log("without redis-server, its row is left out")
	return all
}

func TestRows(t *testing.T) {
	for _, row := range rows(t) {
		if err := row.Validate(); err != nil {
			t.Error(err)
		}
		sem, err := row.Make(2)
		if err != nil {
			t.Fatal(err)
		}
		if err := sem.Acquire(t.Context(), 2); err != nil || sem.TryAcquire(1) {
			t.Errorf("%s: Acquire = %v, or a third permit of two", row.Name, err)
		}
		sem.Release(2)
		if err := impls.Close(sem); err != nil {
			t.Errorf("%s: Close = %v", row.Name, err)
		}
	}
}

// The verbs of semabench take the rows by name, and leave no server and no data behind.
func TestVerbs(t *testing.T) {
	longtest.Need(t, "TestRows")
	tmp := t.TempDir()
	semabench := filepath.Join(tmp, "semabench")
	if out, err := exec.Command("go", "build", "-C", "../../..", "-o", semabench, "./cmd/semabench").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, row := range rows(t) {
		constructor := "./table/" + row.Name + ".All"
		for _, c := range []struct{ args, want string }{
			{"stress -impl " + constructor + " -ops 1000 -o " + filepath.Join(tmp, "failures"), "0 failures"},
			{"policies -impl " + constructor, row.Name},
			{"run -impl " + constructor + " -quick -samples 1 -workload uncontended -goroutines 1 -o " + filepath.Join(tmp, row.Name), row.Name},
		} {
			cmd := exec.Command(semabench, strings.Fields(c.args)...)
			cmd.Dir = ".."
			cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), c.want) {
				t.Errorf("semabench %s: %v, want %q in\n%s", c.args, err, c.want, out)
			}
		}
	}
}
