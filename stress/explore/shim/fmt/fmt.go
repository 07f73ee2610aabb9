// Package fmt stands for the functions of the standard package fmt that write to standard output, in
// rewritten code of programs that read it: see stdout.go in package os beside this one.
//
//	fmt.Println("x") // a step, if os.Stdout is an end of a pipe or the output of an Example
//
// The text is made before the step, as a String method of an argument may take steps of its own. It is
// written from here and not from package fmt, so the step has the position of the caller.
package fmt

import (
	"fmt"

	"github.com/semabench/semabench/stress/explore/shim/os"
)

// Print is fmt.Print.
func Print(a ...any) (int, error) { return os.Print(fmt.Sprint(a...)) }

// Println is fmt.Println.
func Println(a ...any) (int, error) { return os.Print(fmt.Sprintln(a...)) }

// Printf is fmt.Printf.
func Printf(format string, a ...any) (int, error) { return os.Print(fmt.Sprintf(format, a...)) }
