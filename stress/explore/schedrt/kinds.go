package schedrt

// Kind names an operation, for reports and for strategies.
type Kind uint8

// The kinds of operations.
const (
	OpNone Kind = iota
	OpLock
	OpTryLock
	OpUnlock
	OpRLock
	OpTryRLock
	OpRUnlock
	OpAnnounce // of a writer at an RWMutex
	OpWait     // of a Cond
	OpSignal
	OpBroadcast
	OpAdd
	OpWaitGroup // WaitGroup.Wait
	OpLoad
	OpStore
	OpSwap // any atomic operation that always writes
	OpCAS
	OpSend
	OpReceive
	OpClose
	OpSelect
	OpLen
	OpYield
	OpSleep
	OpTimer
	OpNow
	OpFire // of the clock: the next timer fires
	OpCall
	OpReturn
	OpAwaitRest
	OpRestOver // of a goroutine whose AwaitRest returned false
	OpIsClosed
	OpCancel
	OpRegister
	OpStop
	OpMapLoad
	OpMapStore
	OpMapSwap
	OpMapLoadOrStore
	OpMapDelete
	OpMapCAS
	OpMapClear
	OpMapRange
	OpGet
	OpPut
	OpGetenv
	OpSetenv // of anything that changes the environment
	OpReadFile
	OpWriteFile  // anything that changes a file, or the offset of an open one
	OpBubble     // waits for the end of a bubble
	OpBubbleWait // waits until all others in the bubble wait
	OpOutside    // a call of the standard library, see Outside
	OpRead       // from a pipe or connection
	OpWrite      // to a pipe or connection
	OpCloseStream
	OpListen
	OpDial
	OpAccept
	OpRaise   // of a signal, and anything that changes which goroutine handles it
	OpLog     // of a test
	OpTestEnd // the end of a test, after which a log panics
)

var kindNames = [...]string{
	"nothing", "Lock", "TryLock", "Unlock", "RLock", "TryRLock", "RUnlock", "Lock, as a writer",
	"Cond.Wait", "Cond.Signal", "Cond.Broadcast", "WaitGroup.Add", "WaitGroup.Wait",
	"atomic load", "atomic store", "atomic add or swap", "compare-and-swap",
	"send", "receive", "close", "select", "len", "Gosched", "Sleep", "timer", "time.Now", "clock",
	"call", "return", "settle", "go on", "ctx.Err", "cancel", "context callback",
	"stop of a callback", "Map.Load", "Map.Store", "Map.Swap", "Map.LoadOrStore", "Map.Delete",
	"Map.CompareAndSwap", "Map.Clear", "Map.Range", "Pool.Get", "Pool.Put",
	"use of the environment", "change of the environment", "use of a file", "change of a file",
	"synctest.Test", "synctest.Wait",
	"call of the standard library",
	"read", "write", "close of a pipe", "listen", "dial", "accept", "signal",
	"log of the test", "end of the test",
}

func (k Kind) String() string { return kindNames[k] }

// A Mode says how an operation uses an object. Strategies read from it which operations commute.
//
// Finer modes mean fewer schedules. Each pair that is said to commute must commute in every
// state, or a schedule is lost.
type Mode uint8

// The modes. A lock has modes of its own, as some of its operations cannot change places: Acquire
// is only possible after Free, so trying them in the other order is of no use.
const (
	Read    Mode = iota
	Write        // anything that no other mode describes
	Add          // to a counter, whose sum is the same in any order
	Done         // an Add of a negative number
	Wait         // for a counter to be zero
	Acquire      // of a lock
	Free         // of a lock
	Share        // of a lock, by a reader
	Unshare      // of a lock, by a reader
	Claim        // of a lock, by a writer that may still have to wait for readers
	Enter        // of a lock, by that writer when the last reader has left
	Call         // the beginning of a call in a history; two beginnings commute
	Return       // the end of a call in a history; two ends commute, a begin and an end do not
	Alone        // no other goroutine could move
	modes
)

// Access is an object and how an operation uses it.
type Access struct {
	Object int32
	Mode   Mode
}

// conflicts and reversible are the tables behind Conflict and Reversible.
var conflicts, reversible = modeTables()

// modeTables computes both tables. Conflict is the default: a pair that is forgotten here costs
// schedules, and hides none. The tests of package strategy compare the classes that a reduction
// finds with brute force.
func modeTables() (conflict, reverse [modes][modes]bool) {
	for a := range modes {
		for b := range modes {
			conflict[a][b], reverse[a][b] = true, true
		}
	}
	for _, pair := range [...][2]Mode{ // these commute, in either order
		{Read, Read}, {Add, Add}, {Add, Done}, {Done, Done}, {Wait, Wait}, {Read, Wait},
		{Share, Share}, {Share, Unshare}, {Unshare, Unshare}, {Call, Call}, {Return, Return},
	} {
		conflict[pair[0]][pair[1]], conflict[pair[1]][pair[0]] = false, false
	}
	for _, pair := range [...][2]Mode{ // only the first makes the second possible
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

// Conflict reports whether the order of two operations with these modes on one object matters. It
// is symmetric.
func Conflict(a, b Mode) bool { return conflicts[a][b] }

// Reversible reports whether two conflicting operations, which were performed in this order, could
// have been performed in the other one.
func Reversible(first, second Mode) bool { return reversible[first][second] }
