// Package untested has no tests.
package untested

import "sync"

// Mu is a lock.
var Mu sync.Mutex

// Do locks it.
func Do() {
	Mu.Lock()
	Mu.Unlock()
}
