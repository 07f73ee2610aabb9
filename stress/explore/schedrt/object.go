package schedrt

// An Object is what operations are on: a mutex, a channel, a word of memory. Its number is given when
// the first operation on it is announced, so it is the same in all executions that agree so far.
type Object struct {
	run     uint64 // the execution that numbered it
	id      int32
	version uint32 // changes with its state
}

// number gives o its number in this execution and reports whether it had none, so that what is left
// of an earlier execution can be thrown away.
func (e *Exec) number(o *Object) (fresh bool) {
	if o.run == e.run {
		return false
	}
	e.objects++
	o.run, o.id, o.version = e.run, e.objects, 0
	return true
}

// A Mode says what an operation does with an object, as far as others can tell.
type Mode uint8

const (
	Read    Mode = iota
	Write        // anything not named below
	Add          // of a WaitGroup; in any order they come to the same
	Done         // an Add of less than zero
	Wait         // is possible only when all is Done
	Acquire      // of a lock
	Free         // of a lock; nobody else can acquire it before
	Share        // of a lock among readers
	Unshare
	Claim  // of a lock, by a writer that may have to wait for readers
	Enter  // of that writer, when the last of them has left
	Call   // of an operation that is judged; calls commute, and so do returns
	Return // but what returned before another was called is observed
	Alone  // nothing else could move
	modes
)

// conflicts is symmetric: operations of modes that are not here commute.
var conflicts, reversible = tables()

// tables also says which conflicting operations could have been made in the other order, for the
// first of them may be what makes the second one possible.
func tables() (conflict, reverse [modes][modes]bool) {
	for a := range modes {
		for b := range modes {
			conflict[a][b], reverse[a][b] = true, true
		}
	}
	for _, pair := range [...][2]Mode{
		{Read, Read}, {Add, Add}, {Add, Done}, {Done, Done}, {Wait, Wait}, {Read, Wait},
		{Share, Share}, {Share, Unshare}, {Unshare, Unshare}, {Call, Call}, {Return, Return},
	} {
		conflict[pair[0]][pair[1]], conflict[pair[1]][pair[0]] = false, false
	}
	for _, pair := range [...][2]Mode{
		{Done, Wait}, {Free, Acquire}, {Acquire, Free}, {Free, Share}, {Free, Claim},
	} {
		reverse[pair[0]][pair[1]] = false
	}
	for m := range modes {
		reverse[m][Alone], reverse[Alone][m] = false, false
		reverse[m][Enter], reverse[Enter][m] = false, false
	}
	return conflict, reverse
}

// Conflict reports whether the order of two operations of these modes on one object matters.
func Conflict(a, b Mode) bool { return conflicts[a][b] }

// Reversible reports whether the second could have come first.
func Reversible(first, second Mode) bool { return reversible[first][second] }

// An Access is one object of an operation.
type Access struct {
	Object int32
	Mode   Mode
}
