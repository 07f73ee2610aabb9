package schedrt

import (
	"sync/atomic"
	"time"
	"unsafe"
)

// The state of an execution and of its goroutines. Nearly every file of the package reads it, so it
// stands below all of them: the methods of an Exec and of a G are in the files whose decision they
// take. Parts that one file owns are declared there.

// active is the execution that is played, nil if there is none. Only the goroutine that has the
// turn reads and writes it, so it needs no lock.
var active *Exec

// An Exec plays one program after another, each under a schedule of its own. It keeps goroutines
// and memory for the next Play: a schedule of 33 steps takes a few microseconds, less than one go
// statement for each of its goroutines would.
//
// All fields but the three for the watchdog belong to the goroutine that has the turn. Passing
// the turn orders memory in truth, so they need no lock; the race detector does not watch this
// package.
type Exec struct {
	limits   Limits
	strategy Strategy
	run      uint64 // number of the execution, never used again in this process
	objects  int32  // objects numbered so far
	ranks    uint64 // map keys ranked so far, see RankKey

	gs       []*G        // goroutines of this execution, by ID
	able     []candidate // the goroutines that are neither dead nor parked, by ID, see prune
	left     int         // goroutines of gs that have not ended, without the clock
	outdated bool        // able has goroutines that have died or parked
	regroup  bool        // movers has to be made anew
	spare    []*G        // goroutines of earlier executions, to be used again
	cur      *G          // has the turn
	last     *G          // took the last step
	woken    []*G        // have local code to run before their next operation
	movers   []*G        // the goroutines of able whose class is moves, see classify
	scratch  []*G        // of pick, for other classes
	favour   []*G        // room for the favoured goroutine
	enabled  []*G        // the goroutines that pick chooses from: one of the three before
	at       Point       // scratch of ask
	words    table       // models by address
	clock    clock       // virtual time
	named    models      // models that only reports ask for
	twins    int         // goroutines of this execution that have a twin
	toldIn   uint64      // the execution in which tell was called
	literals map[unsafe.Pointer]literal

	calls         Object     // of MarkCall and MarkReturn
	rest          Object     // of AwaitRest
	phase         int        // of the last AwaitRest that returned
	restAwaited   bool       // a goroutine waits in AwaitRest
	restAsked     bool       // a goroutine has called AwaitRest or synctest.Wait in this execution
	lastEffective int        // the last step of a goroutine that does not yield in a loop
	progress      int        // the last step that changed anything for good
	taken         int        // steps, also the steps that the trace leaves out
	aside         int        // steps of stalls that are over; no bound on steps counts them
	favoured      *G         // see enforceFairness
	fairBefore    int        // until this step no goroutine was passed over for too long
	stopAt        time.Time  // when executions are given up; zero means never
	bubbles       int        // that have not ended
	signals       []*channel // on which signals would come
	daemons       daemons
	doubt         doubt
	finalizers    bool // see NoteFinalizer
	aftermath     aftermath

	work     int  // since the last look at the real clock, see timeEvery
	timeOver bool // see StopAt
	finished bool // the program has returned
	over     bool // FinishPassed was called
	ending   bool // the goroutines that are left are being unwound

	initializing bool // packages are being initialized again, see OnReset

	next     *G    // has the turn next, where coroutines hand over
	nested   int   // coroutines on the stack, each resumed by the one below it
	driver   baton // of the goroutine that called Play, where goroutines hand over
	asker    *G    // waits for an answer of the strategy
	question int   // see consult
	reply    int

	steps   atomic.Uint64 // counted for the watchdog
	playing atomic.Bool
	closed  chan struct{} // nil if there is no watchdog

	// Outcome and Trace describe the last execution. The next Play overwrites them.
	Outcome Outcome
	Trace   Trace
}

// Limits bound one execution. The zero value is good.
//
// Steps and Livelock are counts and not times: the same program must end in the same way on
// every machine.
type Limits struct {
	Steps     int  // operations in an execution; 0 means 100000
	Livelock  int  // steps without progress until it is a livelock; 0 means nine tenths of Steps
	Positions bool // record where each operation is in the source
	PlacesFor int  // if not 0: keep them in the trace for the first and the last PlacesFor steps of Length
	Length    int  // see PlacesFor
	Stacks    bool // record in Trace.Stacks where each goroutine is, and its local variables
	AskAlways bool // ask the strategy even if only one goroutine can move
	NoIdle    bool // goroutines that spin are offered to the strategy like others
	LazyClock bool // time passes only when nothing else can move, as in a testing/synctest bubble

	// NoDaemons reports a goroutine as leaked even if a timer would wake it. See daemons.
	NoDaemons bool

	// Twins finds goroutines that are alike, see G.Twin.
	Twins bool

	// Goroutines makes goroutines hand over by channels instead of coroutines. It plays the same
	// steps and takes three times as long. Under the race detector it is always set.
	Goroutines bool

	// OnStall is called with the stacks of all goroutines when no goroutine has come to an operation
	// for 10 s, and again every other second until one does. Spent is the CPU time of the process
	// since the last operation, and waited the real time. It ends the process if it finds that the
	// goroutine has used its time, or waits. If it is nil there is no watchdog.
	OnStall func(stacks string, spent, waited time.Duration)

	// CPUTime returns the CPU time that the process has used. Nil means the real time.
	CPUTime func() time.Duration
}

// A Strategy decides what happens next. It runs between two steps and may read the Exec.
type Strategy interface {
	// Pick returns an index of p.Enabled, which has at least one element. A negative number gives
	// the execution up: its outcome is then Pruned.
	Pick(p *Point) int

	// Choose returns a number below n, for a choice that a step has: which ready case of a select
	// is taken, for example. A step has at most one.
	Choose(n int) int
}

// A Point is a moment between two steps at which the strategy is asked. It is valid during Pick
// only.
type Point struct {
	Enabled []*G // goroutines that can take the next step, by ID
	Last    *G   // took the step before, nil before the first
	Step    int  // number of the next step, from 0
}

// A G is a controlled goroutine.
//
// A G is used again in later executions. newG resets every field that an execution reads before
// it writes it.
type G struct {
	ID      int // from 0, in the order of the go statements; 0 is the program itself
	Op      Op  // the operation that it is about to perform, or waits in
	state   state
	begun   bool // it has a carrier, and runs its function or did so
	exec    *Exec
	fn      func()
	carrier carrier
	cause   int32 // the step that let it go on, -1 if that is its own last one

	waits  int            // its waits in queues so far; a waiter with an older number is void
	box    unsafe.Pointer // what a receiver was given
	fired  *waiter        // the waiter that ended the last wait
	sole   waiter         // see soleWaiter
	spin   spin
	locals locals
	stack  uint64 // see Limits.Stacks
	steps  int    // that it took
	moved  int    // the number of its last step

	bubble  *Bubble // nil if it is in none
	harness bool    // see MarkHarness
	ofInit  bool    // the initialization of a package started it, or a goroutine that this one started
	phase   int     // that it waits for in AwaitRest
	blocked bool    // at the end of the execution, its operation is not possible
	timed   bool    // at the end of the execution, a timer would wake it
	stalled bool    // it waits, and for no timer, since the second stage of a stall began

	seen       class // of the last pick
	favouredAt int   // the step since which it is favoured, see enforceFairness
	ableSince  int   // the step at which it last took a turn or became able to

	lineage, drawn, kids uint64  // see Random
	numbers              any     // see Numbers
	kin                  kinship // see findTwin
}

type state uint8

const (
	running state = iota
	ready         // before an operation
	parked        // in queues, until another goroutine takes it out
	dead
)

// class says when a goroutine may be picked. Pick looks at the classes in this order and takes the
// first that is not empty.
type class uint8

const (
	never        class = iota
	moves              // can take a step
	spinsBriefly       // spins, but may still come to a bound of its own
	awaitsBubble       // is in synctest.Wait
	passesTime         // is the clock, if time is lazy
	awaitsRest         // is in AwaitRest
	spins              // looks again at what has not changed
)

// A candidate is a goroutine that pick asks. Pick goes through all of them before each step. With a thousand
// goroutines, following the pointer of each took nearly all of the time, as their memory is in no cache. So
// a candidate has what pick needs of a goroutine that is before an ordinary operation.
type candidate struct {
	g    *G
	id   int  // of g
	calm bool // the class of g is moves until it takes its next step, and g.seen says so
	goes bool // g is in Exec.movers
}

// A clock is virtual time. It is one more goroutine to the strategy, and a step of it lets the
// earliest timer fire. That may happen at any moment, because goroutines may be slow: a timeout
// that comes too soon is a schedule like any other. Time passes only in such steps, so an hour
// takes none.
//
// Timers are in a sorted slice and not in a heap: there are few, and due has to see timers of
// equal deadlines in order.
type clock struct {
	object Object
	now    time.Duration // since startTime
	timers []*Timer      // by deadline; of equal ones the older first
	g      *G            // stands for the clock among the goroutines; nil until there is a timer
}

// A Timer does one of three things at its deadline: it calls a function, wakes a sleeping goroutine
// or sends the time on a channel.
//
// Exactly one of fire, sleeper and ch is set.
type Timer struct {
	when    time.Duration // its deadline, on the clock
	fire    func()
	sleeper *G
	ch      *channel
	period  time.Duration // of a ticker; 0 means once
	missed  bool          // of a ticker: its next tick is lost, see clock.noteMissed
	setAt   int           // the step that set it, see timeIsDue
	fired   int           // of a ticker: how often since it was set
	bubble  *Bubble       // of the goroutine that made it
}

// A carrier is the real goroutine that runs the code of a G. Later executions use it again:
// starting a goroutine takes longer than a whole step.
type carrier struct {
	alive  bool       // it runs G.live
	retire bool       // it is to return at once
	baton  baton      // if it is a goroutine
	co     *coroutine // if it is a coroutine
}

// A coroutine yields to the goroutine that resumed it, whichever that was. Coroutines that have
// resumed one another form a stack, with the driver at the bottom. To give the turn to a coroutine
// outside the stack, the top resumes it. To give the turn to one further down, the top yields, and
// so do those between. With the few goroutines of most programs that is one switch; a driver in the
// middle would always take two. With thousands of goroutines the stack would become so high that nearly
// all of the time goes into yields. So it has at most mostNested: at that height, the top yields, and the
// coroutine below it resumes the coroutine that has the turn. That takes two switches.
type coroutine struct {
	next    func() (struct{}, bool) // resumes it, until it yields
	yield   func(struct{}) bool
	onStack bool
	over    bool // when resumed once more it returns
}

// A baton is a channel on which a goroutine waits for its turn. Passing it must not order memory
// for the race detector, hence RaceDisable around both ends. Its buffer lets the goroutine that
// passes the baton go on to wait for its own.
type baton chan struct{}

// startTime is the virtual time at which every execution begins. It is no remarkable moment: a job that
// runs at New Year, or each full hour, would otherwise run in the first schedule of a test that passes on
// nearly all days. The fraction is there for programs that round.
var startTime = time.Date(2026, 5, 20, 10, 24, 37, 318281828, time.UTC)
