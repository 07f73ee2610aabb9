// Package quick stands for the functions of testing/quick in rewritten code.
//
//	err := quick.Check(f, nil) // draws the same values in every execution
//
// The standard functions seed their random values by the real clock, so no schedule would replay.
package quick

import (
	"math/rand"
	"testing/quick"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Check is quick.Check. Under control, without a source of its own, it draws the same values in
// every execution.
func Check(f any, config *quick.Config) error { return quick.Check(f, seeded(config)) }

// CheckEqual is quick.CheckEqual. It draws its values as Check does.
func CheckEqual(f, g any, config *quick.Config) error {
	return quick.CheckEqual(f, g, seeded(config))
}

// seeded returns a config with a source whose seed is fixed, unless it has a source.
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
