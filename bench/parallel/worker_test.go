package parallel

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// Tasks and outcomes arrive as they were sent, and the end of the input is io.EOF.
func TestProtocolRoundTrip(t *testing.T) {
	var pipe bytes.Buffer
	w := bufio.NewWriter(&pipe)
	payloads := [][]byte{nil, []byte("one"), bytes.Repeat([]byte("x"), 100_000)}
	for i, payload := range payloads {
		if err := writeTask(w, uint64(i), payload); err != nil {
			t.Fatal(err)
		}
	}
	var buf []byte
	for want, payload := range payloads {
		i, got, err := readTask(&pipe, &buf)
		if err != nil || i != uint64(want) || !bytes.Equal(got, payload) {
			t.Errorf("task %d with %d bytes, %v; want task %d with %d bytes",
				i, len(got), err, want, len(payload))
		}
	}
	if _, _, err := readTask(&pipe, &buf); !errors.Is(err, io.EOF) {
		t.Errorf("after the last task: error is %v, want io.EOF", err)
	}
	want := outcome{checksum: 1 << 63, enter: 5, leave: 1 << 60}
	if err := writeAnswer(&pipe, answerDone, want.bytes()); err != nil {
		t.Fatal(err)
	}
	body, err := readAnswer(&pipe, answerDone)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := parseOutcome(body); err != nil || got != want {
		t.Errorf("outcome %+v, %v; want %+v", got, err, want)
	}
}

// Anything that is not the protocol is reported as a program without ChildMain. The error text of a
// worker passes through.
func TestReadAnswerRefusesOtherOutput(t *testing.T) {
	for name, output := range map[string]string{
		"output of tests":      "PASS\nok  \tpkg\t0.1s\n",
		"an answer too early":  string([]byte{byte(answerFinished), 0, 0, 0, 0}),
		"a body that is large": string([]byte{byte(answerDone), 0, 0, 0, 0xff}),
	} {
		_, err := readAnswer(strings.NewReader(output), answerDone)
		if !errors.Is(err, errNotAChild) {
			t.Errorf("%s: error is %v, want %v", name, err, errNotAChild)
		}
	}
	var failed bytes.Buffer
	if err := writeAnswer(&failed, answerFailed, []byte("out of hashes")); err != nil {
		t.Fatal(err)
	}
	if _, err := readAnswer(&failed, answerDone); err == nil || err.Error() != "out of hashes" {
		t.Errorf("error is %v, want the text of the worker", err)
	}
}

// The group returns the first error, although kill makes another function fail later. Without an
// error it never kills.
func TestKillingGroup(t *testing.T) {
	first := errors.New("first")
	killed := make(chan struct{})
	group, release := newKillingGroup(func() { close(killed) })
	defer release()
	group.Go(func() error { return first })
	group.Go(func() error { <-killed; return errors.New("killed") })
	if err := group.Wait(); !errors.Is(err, first) {
		t.Errorf("Wait = %v, want %v", err, first)
	}
	group, release = newKillingGroup(func() { t.Error("kill was called without an error") })
	group.Go(func() error { return nil })
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	release()
}
