package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// uncontrolled lists functions that wait for something outside the program, or end the process, by
// package. A method has the name of its type in front. Only the functions are listed that come
// first: a program that cannot listen never comes to Accept. A program under control that calls one
// of them is refused, and the reason has its name. A package without a list is refused as a whole, but for
// queries.
// Waiting for the outside world is no decision of a schedule: the same schedule could end one time
// and hang another. A refusal when the call is made, and not at build time, lets a program import a
// package whose dangerous half it does not use.
var uncontrolled = map[string][]string{
	"net": {
		"DialIP", "ListenIP", "FileConn", "FileListener", "FilePacketConn",
		"LookupAddr", "LookupCNAME", "LookupMX", "LookupNS", "LookupPort", "LookupSRV", "LookupTXT", "ResolveIPAddr",
		"Resolver.LookupAddr", "Resolver.LookupCNAME", "Resolver.LookupHost", "Resolver.LookupIP", "Resolver.LookupIPAddr",
		"Resolver.LookupMX", "Resolver.LookupNetIP", "Resolver.LookupNS", "Resolver.LookupSRV", "Resolver.LookupTXT",
	},
	"log/syslog": {"New", "Dial", "NewLogger"},
	"os/exec":    {"Cmd.Run", "Cmd.Start", "Cmd.Output", "Cmd.CombinedOutput", "LookPath"},
	"os": {
		"Exit", "StartProcess", "Lchown",
	},
	"log": {
		"Fatal", "Fatalf", "Fatalln", "Logger.Fatal", "Logger.Fatalf", "Logger.Fatalln",
	},
	"plugin": {"Open"},
	// These change the process for later schedules.
	"flag": {"Set"}, "mime": {"AddExtensionType"}, "runtime/pprof": {"StartCPUProfile"}, "runtime/trace": {"Start"},
	"syscall":                  nil,
	"golang.org/x/sys/unix":    nil,
	"golang.org/x/sys/windows": nil,
	"golang.org/x/sys/plan9":   nil,
}

// queries are functions of the packages that are refused as a whole. They only read the state
// of the system, or compute: whether a descriptor is a terminal, which kind a file system is of. They neither
// wait nor change anything, and a package that logs calls them in every test.
var queries = map[string]bool{
	"Access": true, "Faccessat": true, "Stat": true, "Lstat": true, "Fstat": true, "Fstatat": true, "Statfs": true,
	"Fstatfs": true, "Statvfs": true, "Fstatvfs": true, "Readlink": true, "Getcwd": true, "Getwd": true,
	"Uname": true, "Sysinfo": true, "Sysctl": true, "SysctlUint32": true, "SysctlUint64": true, "Getpagesize": true,
	"Getrlimit": true, "Getrusage": true, "Getpriority": true, "SchedGetaffinity": true,
	"Getuid": true, "Geteuid": true, "Getgid": true, "Getegid": true, "Getgroups": true, "Getpgrp": true,
	"Getpgid": true, "Getsid": true, "Getpid": true, "Getppid": true, "Gettid": true,
	"IoctlGetTermios": true, "IoctlGetTermio": true, "IoctlGetWinsize": true, "IoctlGetInt": true,
	"ErrnoName": true, "SignalName": true, "SignalNum": true, "Major": true, "Minor": true, "Mkdev": true,
	"BytePtrFromString": true, "BytePtrToString": true, "ByteSliceFromString": true, "ByteSliceToString": true,
	"StringBytePtr": true, "StringByteSlice": true, "NsecToTimespec": true, "NsecToTimeval": true,
	"TimespecToNsec": true, "TimevalToNsec": true, "TimeToTimespec": true,
	// of Windows
	"UTF16FromString": true, "UTF16PtrFromString": true, "UTF16ToString": true, "UTF16PtrToString": true,
	"StringToUTF16": true, "StringToUTF16Ptr": true, "GetConsoleMode": true, "GetStdHandle": true,
	"GetFileType": true, "GetVersion": true, "RtlGetVersion": true,
}

// remedies say what a program can do instead of calling a function of the table.
var remedies = map[string]string{
	"flag.Set":   "assign to the variable of the flag",
	"log.Fatal":  "call log.Panic or t.Fatal",
	"log.Fatalf": "call log.Panicf or t.Fatalf",
	"os.Exit":    "call t.Fatal, or move the call to func main",
}

// refuseCall wraps a function of the table, so that a call under control is refused when it
// happens. The program may never come to it, so the build does not fail. RefuseCall gets the
// function and returns it. It runs where the name is used, so a function that is only passed on is
// refused, too: the call itself could be in code that is not rewritten.
func (w *writer) refuseCall(s *ast.SelectorExpr) {
	f, ok := w.pkg.info.Uses[s.Sel].(*types.Func)
	if !ok || f.Pkg() == nil {
		return
	}
	name := uncontrolledName(f)
	if slices.Contains(onceOnly[f.Pkg().Path()], name) {
		full := f.Pkg().Path() + "." + name
		w.engine()
		w.replace(s.Pos(), s.End(), func() string {
			return fmt.Sprintf("%s.RefuseAgain(%s, %q, %v)", w.engine(), w.node(s), full, restored[full])
		})
		return
	}
	names, ok := uncontrolled[f.Pkg().Path()]
	if _, modelled := w.lookAlikeOf(f.Pkg().Path(), name, s.Pos()); modelled {
		return
	}
	if !ok || names != nil && !slices.Contains(names, name) || names == nil && (strings.Contains(name, ".") || queries[name]) {
		w.outsideCall(s, f)
		return
	}
	w.engine()
	w.replace(s.Pos(), s.End(), func() string {
		full := f.Pkg().Path() + "." + name
		return fmt.Sprintf("%s.RefuseCall(%s, %q, %q)", w.engine(), w.node(s), full, remedies[full])
	})
}
