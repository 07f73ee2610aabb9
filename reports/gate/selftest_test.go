package gate

import (
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

func TestEvaluate(t *testing.T) {
	for _, stages := range []int{1, 2} {
		for _, load := range []float64{1, 1.5, 2} {
			tally, _ := Trial{Families: 100, Stages: stages, Seed: 1}.Run(simulated(21, load))
			t.Log(stages, load)
			tally.Write(os.Stderr)
		}
	}
}

func simulated(n int, load float64) []Row {
	random := rand.New(rand.NewPCG(3, 0))
	rows := make([]Row, n)
	for i := range rows {
		spread := []float64{0.021, 0.040, 0.045, 0.028, 0.026, 0.07, 0.12}[i%7] * load
		rows[i].Name, rows[i].Contended = string(rune('a'+i)), i%7 >= 5
		for range 3000 {
			d := spread * heavy(random)
			rows[i].Pairs = append(rows[i].Pairs, Pair{Old: 100, New: 100 * math.Exp(d)})
		}
	}
	return rows
}

// heavy is Student's t with 3 degrees of freedom
func heavy(random *rand.Rand) float64 {
	chi := 0.0
	for range 3 {
		z := random.NormFloat64()
		chi += z * z
	}
	return random.NormFloat64() / math.Sqrt(chi/3) / 1.1
}
