package explore_test
import ("testing"; "github.com/semabench/semabench/stress/explore"; "github.com/semabench/semabench/stress/internal/mutant"; "os")
func TestDbg(t *testing.T) {
	for _, m := range mutant.All() {
		if m.ID == os.Getenv("M") { explore.Semaphore(t, m.Impl) }
	}
}
