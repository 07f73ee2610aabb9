package parallel_test

import (
	"fmt"
	"time"

	"github.com/semabench/semabench/bench/parallel"
)

// What a run is going to do is known before it does anything.
func ExampleOptions_Experiment() {
	plan, err := parallel.Options{Works: []string{"limit"}, Rounds: 6}.Experiment()
	if err != nil {
		fmt.Println(err)
		return
	}
	quiet, most := plan.Estimate()
	fmt.Println(plan.Samples(), quiet < most, most < time.Minute)
	// Output: 48 true true
}
