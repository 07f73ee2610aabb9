// Package untested has no tests, so there is nothing for explore.Suite to explore.
package untested
