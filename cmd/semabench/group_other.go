//go:build !unix

package main

import "os/exec"

func apart(*exec.Cmd) {}

// killGroup ends a command. What it has started ends with its standard input.
func killGroup(cmd *exec.Cmd) { cmd.Process.Kill() }
