package parallel

import (
	"context"
	"errors"
	"flag"
	"os"
	"testing"

	"github.com/semabench/semabench/impls"
)

// The children of these tests are this test binary, as in the tests of a user.
func TestMain(m *testing.M) {
	switch fault := os.Getenv(faultVar); fault {
	case "":
	case faultNoChildMain:
		// This process acts as a program without ChildMain. It runs only the test that starts it.
		flag.Parse()
		if err := flag.Set("test.run", "^TestProgramWithoutChildMain$"); err != nil {
			panic(err)
		}
		os.Exit(m.Run())
	default:
		plantFault(fault)
	}
	ChildMain(append(impls.All(), impls.Of("admits all", newAdmitAll))...)
	os.Exit(m.Run())
}

// faultVar is an environment variable that gives the children of a test a fault.
const faultVar = "PARALLEL_TEST_FAULT"

// The faults. All but the first affect the work hash in worker processes.
const (
	faultNoChildMain   = "no ChildMain"
	faultCannotOpen    = "cannot open"
	faultWrongChecksum = "wrong checksum"
	faultTaskFails     = "task fails"
	faultWorkerDies    = "worker dies"
	faultTaskHangs     = "task hangs"
)

// plantFault replaces the work hash by a work with a fault in worker processes. A fault of a task
// shows from the sixth task on, so that the row begins well.
func plantFault(fault string) {
	correct := works[workHash]
	works[workHash] = func(s spec) (job, error) {
		if s.Role != roleWorker {
			return correct(s)
		}
		if fault == faultCannotOpen {
			return job{}, errors.New("no hashing today")
		}
		opened, err := correct(s)
		if err != nil {
			return opened, err
		}
		return job{newTask: func() (task, error) {
			do, err := opened.newTask()
			return func(i uint64, payload []byte) (uint64, error) {
				switch {
				case i < 5:
				case fault == faultWrongChecksum:
					i++
				case fault == faultTaskFails:
					return 0, errors.New("out of hashes")
				case fault == faultWorkerDies:
					os.Exit(7)
				case fault == faultTaskHangs:
					select {}
				}
				return do(i, payload)
			}, err
		}}, nil
	}
}

// admitAll limits nothing, so inside-peak has to exceed its permits.
type admitAll struct{}

func newAdmitAll(int64) admitAll { return admitAll{} }

func (admitAll) Acquire(context.Context, int64) error { return nil }
func (admitAll) TryAcquire(int64) bool                { return true }
func (admitAll) Release(int64)                        {}
