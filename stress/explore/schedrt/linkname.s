// This file is empty. An assembly file in a package lets goroutine.go declare functions without a body.
