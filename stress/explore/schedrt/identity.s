// The assembler lets identity.go declare a function without a body.
