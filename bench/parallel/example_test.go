package parallel_test

import (
	"fmt"
	"time"

	"github.com/semabench/semabench/bench/parallel"
)

// An experiment says how many samples it takes, and for how long, before it measures anything.
func ExampleOptions_Experiment() {
	experiment, err := parallel.Options{Works: []string{"limit"}, Rounds: 6}.Experiment()
	if err != nil {
		fmt.Println(err)
		return
	}
	quiet, most := experiment.Estimate()
	fmt.Println(experiment.Samples(), quiet < most, most < time.Minute)
	// Output: 48 true true
}
