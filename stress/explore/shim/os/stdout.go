package os

import (
	"io"
	"os"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Standard output matters to a program that reads it: an Example, whose output go test compares, and a
// test that assigns an end of a pipe to os.Stdout. Then each call of fmt.Print and the like is a step,
// since the order of two of them decides the output. Any other output has no reader, and a step for
// each line would multiply the schedules of a test that prints.

// captured is the file that stands for standard output in Examples. It has no name, is made at the first
// Example of the process, and is emptied for each schedule.
var captured *os.File

// output is the object of all steps on captured.
var output schedrt.Object

var capturing bool // in this schedule, and not over yet

// The engine is at the other ends of the two standard files with which the process starts.
var stdin, stdout = os.Stdin, os.Stdout

func init() {
	schedrt.AtBegin(func() {
		if capturing {
			capturing, os.Stdout = false, stdout
		}
	})
}

// Capture replaces os.Stdout until the function that it returns is called, which returns what was
// written meanwhile. It is called under control only, by the look-alike of package testing.
func Capture() (stop func() string) {
	if captured == nil {
		f, err := os.CreateTemp("", "output")
		if err != nil {
			schedrt.Refuse("there is no file for the output of an Example: " + err.Error())
		}
		os.Remove(f.Name()) // fails on Windows, where the parent process removes the folder around it
		captured = f
	}
	err := captured.Truncate(0)
	if err == nil {
		_, err = captured.Seek(0, io.SeekStart)
	}
	if err != nil {
		schedrt.Refuse("the file for the output of an Example fails: " + err.Error())
	}
	os.Stdout, capturing = captured, true
	return func() string {
		var text []byte
		schedrt.Do(schedrt.OpReadFile, func() bool {
			os.Stdout, capturing = stdout, false
			if size, err := captured.Seek(0, io.SeekCurrent); err == nil {
				text = make([]byte, size)
				captured.ReadAt(text, 0)
			}
			return true
		}, schedrt.Touch{Object: &output, Mode: schedrt.Write})
		return string(text)
	}
}

// hasReader reports whether a part of the program will read what is written to f, or writes what is
// read from it: f is an end of a pipe, or the output of an Example.
func hasReader(f *os.File) bool {
	return f != nil && schedrt.Controlled() && (capturing && f == captured || pipeOf(f) != nil)
}

// Print writes a text to standard output, in a step if it has a reader.
func Print(text string) (int, error) {
	if hasReader(os.Stdout) {
		return On(os.Stdout).WriteString(text)
	}
	return os.Stdout.WriteString(text)
}

// A Standard is an *os.File, or a File in its place, for a function of the standard library that takes
// an interface of package io.
type Standard interface {
	io.Reader
	io.ReaderAt
	io.ReaderFrom
	io.Writer
	io.WriterAt
	io.WriterTo
	io.StringWriter
	io.Seeker
	io.Closer
}

// Passed returns f for a parameter of a function of the standard library. That function is not
// rewritten, so it would wait in the kernel for a pipe. It gets the methods that are steps in its place. A
// file without a reader stays an *os.File: the function may ask for the type.
func Passed(f *os.File) Standard {
	if hasReader(f) {
		return On(f)
	}
	return f
}

// PassedAs is Passed for an argument whose type is an interface.
func PassedAs[T any](v T) T {
	if f, ok := any(v).(*os.File); ok && hasReader(f) {
		if t, ok := any(On(f)).(T); ok {
			return t
		}
	}
	return v
}
