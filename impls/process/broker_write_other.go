//go:build !unix

package process

// A socket of Windows offers no write that returns at once if its buffer is full. So there every
// frame goes through the goroutine of sendQueue.
const canWriteNonblocking = false

func writeNonblocking(uintptr, []byte) int { return 0 }
