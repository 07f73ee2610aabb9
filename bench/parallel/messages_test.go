package parallel

import "testing"

// A message equals the repeated block after its number. A wrong byte anywhere else is found.
func TestRepeats(t *testing.T) {
	block := randomBytes(1, repeatBytes)
	message := putNumber(randomBytes(1, 3*repeatBytes+100), verifiedMessage)
	if !repeats(message[numberBytes:], block) {
		t.Error("a message that was not changed does not equal the repeated block")
	}
	for _, at := range []int{numberBytes, repeatBytes - 1, repeatBytes, len(message) - 1} {
		message[at] ^= 1
		if repeats(message[numberBytes:], block) {
			t.Errorf("a wrong byte at %d was not found", at)
		}
		message[at] ^= 1
	}
}
