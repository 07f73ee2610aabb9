package observe

import "strings"

// StuckIn looks through the stacks of all goroutines, as package runtime prints them, for a
// controlled goroutine that waits inside the standard library. It returns the function that the
// program called, and the position of the call, or "" if there is none: the goroutine then loops, or
// waits in something else.
//
// Such a wait is the scheduler's fault and not the program's. The lock that the goroutine waits for
// may be held by a goroutine that the scheduler stopped inside the same library, in a callback.
//
// It reads text, as the goroutine cannot be asked: it is stuck in code that the engine does not
// control. A format that it does not know gives "", and the report then says less.
func StuckIn(stacks string) (function, at string) {
	library := libraryFolder(stacks)
	for block := range strings.SplitSeq(stacks, "\n\n") {
		header, frames, _ := strings.Cut(block, "\n")
		if !strings.Contains(frames, goroutineMain+"(") || !waits(header) || library == "" {
			continue
		}
		lines := strings.Split(frames, "\n")
		for i := 0; i+1 < len(lines); i += 2 {
			name, place := lines[i], strings.TrimSpace(lines[i+1])
			if open := strings.LastIndexByte(name, '('); open > 0 {
				name = name[:open]
			}
			switch {
			case strings.HasPrefix(name, "reflect.") && function != "":
			case strings.HasPrefix(place, library):
				function = name
			case strings.HasPrefix(name, engine+"/") && function != "" && !isWait(function):
			case isWait(function): // a lock or a channel of the engine, or of code that is not rewritten
				return "", ""
			default:
				return function, PlaceOf(place).String()
			}
		}
	}
	return "", ""
}

// StalledAt looks through the stacks of all goroutines for the controlled goroutine that runs: the
// scheduler has stopped the others. It returns the function and position where the code of the program has come to, and the state
// of the goroutine: running, runnable, or what it waits for. Both are "" if there is none.
func StalledAt(stacks string) (where, state string) {
	library := libraryFolder(stacks)
	program := ProgramStacks(stacks)
	if program == stacks {
		return "", ""
	}
	block, _, _ := strings.Cut(program, "\n\n")
	lines := strings.Split(block, "\n")
	_, state, _ = strings.Cut(lines[0], "[")
	state, _, _ = strings.Cut(state, "]")
	state, _, _ = strings.Cut(state, ",") // without the minutes, and without "locked to thread"
	for i := 1; i+1 < len(lines); i += 2 {
		name, place := lines[i], strings.TrimSpace(lines[i+1])
		if library != "" && strings.HasPrefix(place, library) {
			continue
		}
		if open := strings.LastIndexByte(name, '('); open > 0 {
			name = name[:open]
		}
		return ShortName(name) + " at " + PlaceOf(place).String(), state
	}
	return "", state
}

// ProgramStacks returns the stacks of the controlled goroutines that the scheduler did not stop, and of
// these only the frames of the program and of its callees. If there is no such goroutine, it
// returns all stacks.
//
// Stopped goroutines are left out because all but one are stopped in every schedule; only the
// running one never comes to its next operation.
func ProgramStacks(stacks string) string {
	var all []string
	for block := range strings.SplitSeq(stacks, "\n\n") {
		lines := strings.Split(block, "\n")
		if !strings.Contains(block, goroutineMain+"(") || strings.Contains(lines[0], "[coroutine") ||
			len(lines) > 1 && strings.HasPrefix(lines[1], engine+"/schedrt.") {
			continue
		}
		kept := lines[:1:1]
		for i := 1; i+1 < len(lines); i += 2 {
			if strings.HasPrefix(lines[i], goroutineMain+"(") {
				break
			}
			if !strings.HasPrefix(lines[i], engine+"/") && !strings.HasPrefix(lines[i], engine+".") {
				kept = append(kept, lines[i], lines[i+1])
			}
		}
		all = append(all, strings.Join(kept, "\n"))
	}
	if len(all) == 0 {
		return stacks
	}
	return strings.Join(all, "\n\n")
}

// waits reports whether the first line of a stack says that its goroutine is blocked.
//
// The states that do not wait are listed. A new state of a later Go release counts as waiting.
func waits(header string) bool {
	_, state, _ := strings.Cut(header, "[")
	for _, free := range []string{"running", "runnable", "coroutine", "syscall"} {
		if strings.HasPrefix(state, free) {
			return false
		}
	}
	return true
}

// isWait reports whether a function is one of those in which any goroutine waits.
func isWait(function string) bool {
	for _, path := range []string{"sync.", "internal/sync.", "runtime.", "iter."} {
		if strings.HasPrefix(function, path) {
			return true
		}
	}
	return function == ""
}

// libraryFolder returns the folder of the standard library's source on the machine that compiled the
// program. The stack of each test has a frame of package testing.
func libraryFolder(stacks string) string {
	before, _, found := strings.Cut(stacks, "testing/testing.go:")
	if !found {
		return ""
	}
	return before[strings.LastIndexAny(before, "\t\n")+1:]
}
