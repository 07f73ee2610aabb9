//go:build !unix

package child

import "os"

// Stdin returns [os.Stdin].
func Stdin() *os.File { return os.Stdin }
