//go:build !unix

package process

// A socket of Windows can be asked to write only by the way that waits.
const canTryToWrite = false

func tryToWrite(uintptr, []byte) int { return 0 }
