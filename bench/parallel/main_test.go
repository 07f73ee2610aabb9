package parallel

import (
	"context"
	"errors"
	"flag"
	"os"
	"testing"

	"github.com/semabench/semabench/impls"
)

// The children of these tests are this test binary, as those of a user's tests are his.
func TestMain(m *testing.M) {
	switch os.Getenv(wrongVar) {
	case "":
	case "no child": // as a program is that has no ChildMain; the other tests have nothing to do with it
		flag.Parse()
		if err := flag.Set("test.run", "^TestProgramWithoutChildMain$"); err != nil {
			panic(err)
		}
		os.Exit(m.Run())
	default:
		plantWrong(os.Getenv(wrongVar))
	}
	ChildMain(append(impls.All(), impls.Of("admits all", newAdmitAll))...)
	os.Exit(m.Run())
}

// wrongVar makes children wrong in some way.
const wrongVar = "PARALLEL_TEST_WRONG"

// plantWrong replaces the work hash by one that goes wrong in processes only.
func plantWrong(how string) {
	right := works["hash"]
	works["hash"] = func(r request) (job, error) {
		if r.Role != working {
			return right(r)
		}
		if how == "does not open" {
			return job{}, errors.New("no hashing today")
		}
		opened, err := right(r)
		if err != nil {
			return opened, err
		}
		return job{worker: func() (task, error) {
			do, err := opened.worker()
			return func(i uint64, payload []byte) (uint64, error) {
				switch {
				case i < 5:
				case how == "sums":
					i++
				case how == "fails":
					return 0, errors.New("out of hashes")
				case how == "dies":
					os.Exit(7)
				case how == "hangs":
					select {}
				}
				return do(i, payload)
			}, err
		}}, nil
	}
}

// admitAll is no semaphore: who looks for too many inside has to see them.
type admitAll struct{}

func newAdmitAll(int64) admitAll { return admitAll{} }

func (admitAll) Acquire(context.Context, int64) error { return nil }
func (admitAll) TryAcquire(int64) bool                { return true }
func (admitAll) Release(int64)                        {}
