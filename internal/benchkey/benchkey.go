// Package benchkey names the configuration keys of benchmark text.
//
// A configuration line is "key: value" on a line of its own, above the benchmark lines that it
// describes. Packages machine, bench and bench/parallel write such lines, and packages reports and
// reports/gate read them:
//
//	fmt.Fprintf(w, "%s: %s\n", benchkey.CPUQuota, quota)
//	quota := result.GetConfig(benchkey.CPUQuota)
//
// With a string for the key on each side, a reader may ask for a key that no package writes. It
// gets an empty value, and compares figures that it should refuse. A constant makes that mistake a
// build error.
//
// # What this does not show
//
// The package does not know which values a key may have. A text may hold any other key: the
// benchmark text format is open, and readers pass unknown keys on.
package benchkey

// Keys that `go test -bench` writes itself.
const (
	GOOS   = "goos"
	GOARCH = "goarch"
	Pkg    = "pkg" // import path of the package with the benchmark
	CPU    = "cpu" // model name of the processor
)

// Keys that package machine writes: what a figure depends on besides the code.
const (
	CPUs        = "cpus"        // processors that the process may use
	Governor    = "governor"    // frequency governor of the first processor
	Virtualised = "virtualised" // yes, no or unknown
	CPUQuota    = "cpu-quota"   // processors that the control group allows, or none
	Kernel      = "kernel"      // release
	ASLR        = "aslr"        // address space layout randomisation: full, partial or off
	Go          = "go"          // version of the toolchain
	Build       = "build"       // build flags and experiments that change the code, or default
	GoRuntime   = "go-runtime"  // environment variables that change the Go runtime, or default
	GOMAXPROCS  = "gomaxprocs"
	Commit      = "commit" // of the code that ran; ends in +dirty after a local change
)

// Level is the key of the instruction set level of a processor architecture, such as goamd64.
func Level(goarch string) string { return "go" + goarch }

// Keys that the samplers write: how the samples were taken.
const (
	Cores            = "cores" // that the processes of package bench/parallel used
	Files            = "files" // how the files were read
	Layout           = "layout"
	Order            = "order" // interleaved, or one row after the other
	Priority         = "priority"
	ProcessSemaphore = "process-semaphore"
	Rounds           = "rounds"
	Sample           = "sample" // state of a sample of package bench/parallel
	Seed             = "seed"
	Semaphore        = "semaphore"
	Session          = "session" // equal in two texts whose samples took turns
)

// Keys of texts that other tools wrote. This module writes them no more, and still reads them.
const (
	Quota        = "quota"        // as CPUQuota
	GOFLAGS      = "goflags"      // part of Build
	GOEXPERIMENT = "goexperiment" // part of Build
)

// Turns is a unit and no key: how many operations each goroutine of a sample had on average. Package
// bench writes it only in a sample that was too short for latencies and fairness, and leaves those
// out.
const Turns = "turns/goroutine"
