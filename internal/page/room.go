package page

// A Room is how many bytes of a page are left. A page of more than a few hundred kilobytes is slow to open
// on a phone and cannot be sent by mail. So each page leaves out its least important parts and says so.
type Room struct{ left int }

// NewRoom returns a Room with the given number of bytes.
func NewRoom(bytes int) *Room { return &Room{bytes} }

// Left returns how many bytes are left.
func (r *Room) Left() int { return r.left }

// Take takes bytes from the room if it has as many, and reports whether it had.
func (r *Room) Take(bytes int) bool {
	if bytes > r.left {
		return false
	}
	r.left -= bytes
	return true
}

// EscapedSize returns an upper bound of the bytes that text takes, whether it becomes HTML or a
// JavaScript string. Escapes are at most six bytes long, as in \u003c; in HTML at most five.
func EscapedSize(text string) int {
	size := len(text)
	for i := range len(text) {
		switch text[i] {
		case '<', '>', '&', '\'', '"', '+', '`', '\\':
			size += 5
		}
	}
	return size
}

// First returns the first most elements of a list, and how many it leaves out.
func First[T any](list []T, most int) (shown []T, omitted int) {
	n := min(len(list), most)
	return list[:n], len(list) - n
}
