// Package quick looks like the functions of testing/quick, which seed what they draw by the clock.
package quick

import (
	"math/rand"
	"testing/quick"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Check is quick.Check. Under control, it draws the same values in every execution.
func Check(f any, config *quick.Config) error { return quick.Check(f, seeded(config)) }

// CheckEqual is quick.CheckEqual. Under control, it draws the same values in every execution.
func CheckEqual(f, g any, config *quick.Config) error { return quick.CheckEqual(f, g, seeded(config)) }

func seeded(config *quick.Config) *quick.Config {
	if !schedrt.Controlled() || config != nil && config.Rand != nil {
		return config
	}
	c := quick.Config{}
	if config != nil {
		c = *config
	}
	c.Rand = rand.New(rand.NewSource(1))
	return &c
}
