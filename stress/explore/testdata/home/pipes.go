package home

import (
	"bufio"
	"io"
	"net"
	"time"
)

// Upper copies lines through a pipe. If closes is false it forgets to close the pipe.
func Upper(lines []string, closes bool) (text string, err error) {
	r, w := io.Pipe()
	go func() {
		for _, l := range lines {
			io.WriteString(w, l+"\n")
		}
		if closes {
			w.Close()
		}
	}()
	all, err := io.ReadAll(r)
	return string(all), err
}

// Ask sends a question over a pipe of package net, and returns the line that comes back within a
// second. The other side takes the given time for its answer.
func Ask(question string, takes time.Duration) (string, error) {
	a, b := net.Pipe()
	go func() {
		defer b.Close()
		line, err := bufio.NewReader(b).ReadString('\n')
		if err != nil {
			return
		}
		time.Sleep(takes)
		io.WriteString(b, "re: "+line)
	}()
	defer a.Close()
	if _, err := io.WriteString(a, question+"\n"); err != nil {
		return "", err
	}
	a.SetReadDeadline(time.Now().Add(time.Second))
	return bufio.NewReader(a).ReadString('\n')
}
