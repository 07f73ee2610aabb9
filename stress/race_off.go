//go:build !race

package stress

func raceErrors() int { return 0 }

const raceEnabled = false
