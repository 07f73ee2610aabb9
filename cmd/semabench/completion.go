package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/spelling"
)

const completionDoc = `Prints a script that completes verbs, flags and files in bash, zsh or fish.

    source <(semabench completion bash)                                        in ~/.bashrc
    source <(semabench completion zsh)                                         in ~/.zshrc, after compinit
    semabench completion fish >~/.config/fish/completions/semabench.fish       once`

// completion prints the script for one shell.
//
// The flags come from the flag sets of the verbs themselves, so a new flag is completed at once,
// and no list of them can be out of date.
func (a app) completion(ctx context.Context, args []string) error {
	f := a.flags("completion", "bash|zsh|fish", completionDoc)
	if err := f.parse(args); err != nil {
		return err
	}
	scripts := map[string]func(io.Writer, []completed){"bash": bashScript, "zsh": zshScript, "fish": fishScript}
	script := scripts[f.Arg(0)]
	if f.NArg() != 1 || script == nil {
		return fmt.Errorf("want one of bash, zsh and fish, and not %q%s", strings.Join(f.Args(), " "),
			spelling.Suggest(f.Arg(0), []string{"bash", "zsh", "fish"}, ""))
	}
	script(a.stdout, a.completed(ctx))
	return nil
}

// A completed is a verb with its flags, for the scripts.
type completed struct {
	verb
	flags []*flag.Flag
}

// completed asks each public verb for its flags: parse hands the flag set to the hook, and returns
// before the verb does anything.
//
// A list of flags for the scripts alone would fall behind with the first new flag. A verb that does something
// before it parses is a defect of this program and not of the user, so it is a panic.
func (a app) completed(ctx context.Context) (all []completed) {
	for _, v := range verbs {
		if slices.Contains(innerVerbs, v.name) {
			continue
		}
		c := completed{verb: v}
		asked := a
		asked.hook = func(f *flag.FlagSet) { f.VisitAll(func(g *flag.Flag) { c.flags = append(c.flags, g) }) }
		if err := v.run(asked, ctx, nil); exitcode.Of(err) != exitcode.OK {
			panic(fmt.Sprintf("the verb %s does not stop at its flags: %v", v.name, err))
		}
		all = append(all, c)
	}
	// These two are words of main and no verbs: they have no flags, and no error of theirs needs a code.
	all = append(all, completed{verb: verb{name: "help", what: "say more"}},
		completed{verb: verb{name: "version", what: "print the version, the commit and the toolchain"}})
	return all
}

// isSwitch reports whether a flag takes no value. The next word is then a file or another flag.
func isSwitch(g *flag.Flag) bool {
	b, ok := g.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

// what returns the first words of the usage of a flag, without the marks that package flag reads
// and without characters that a shell would read. The characters are dropped and not escaped: the three shells quote
// in three ways, and a word less does no harm in a hint.
func what(g *flag.Flag) string {
	_, usage := flag.UnquoteUsage(g)
	usage, _, _ = strings.Cut(strings.ReplaceAll(usage, "\n", " "), "; ")
	return strings.NewReplacer("'", "", "[", "(", "]", ")", ":", ",", "`", "", "$", "", `\`, "").Replace(usage)
}

// bashScript completes by the words before the cursor. Values are files: bash itself has no way to
// show what a flag is for.
//
// The script does not call semabench: a key press would then cost the start of a process, and the script would
// fail where the program is not in PATH.
func bashScript(w io.Writer, all []completed) {
	var names []string
	for _, c := range all {
		names = append(names, c.name)
	}
	fmt.Fprintf(w, `_semabench() {
	local word=${COMP_WORDS[COMP_CWORD]} flags=
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ] || { [ "$COMP_CWORD" -eq 2 ] && [ "${COMP_WORDS[1]}" = help ]; }; then
		COMPREPLY=($(compgen -W '%s' -- "$word"))
		return
	fi
	case ${COMP_WORDS[1]} in
`, strings.Join(names, " "))
	for _, c := range all {
		var flags []string
		for _, g := range c.flags {
			flags = append(flags, "-"+g.Name)
		}
		if c.name == "completion" {
			flags = append(flags, "bash", "zsh", "fish")
		}
		fmt.Fprintf(w, "\t%s) flags='%s' ;;\n", c.name, strings.Join(flags, " "))
	}
	fmt.Fprint(w, `	esac
	case $word in
	-*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
	*) [ "${COMP_WORDS[1]}" = completion ] && COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
	esac
}
complete -o default -F _semabench semabench
`)
}

// zshScript uses _arguments with the form of package flag: one dash, and the value in the next word
// or behind an equals sign.
func zshScript(w io.Writer, all []completed) {
	fmt.Fprint(w, "#compdef semabench\n_semabench() {\n\tlocal -a verbs\n\tverbs=(\n")
	for _, c := range all {
		fmt.Fprintf(w, "\t\t'%s:%s'\n", c.name, c.what)
	}
	fmt.Fprint(w, "\t)\n\tif (( CURRENT == 2 )); then\n\t\t_describe verb verbs\n\t\treturn\n\tfi\n"+
		"\tlocal verb=$words[2]\n\tshift words\n\t(( CURRENT-- ))\n\tcase $verb in\n")
	for _, c := range all {
		fmt.Fprintf(w, "\t%s) _arguments", c.name)
		for _, g := range c.flags {
			if isSwitch(g) {
				fmt.Fprintf(w, " \\\n\t\t'-%s[%s]'", g.Name, what(g))
			} else {
				fmt.Fprintf(w, " \\\n\t\t'-%s=-[%s]:value:_files'", g.Name, what(g))
			}
		}
		switch c.name {
		case "completion":
			fmt.Fprint(w, " '1:shell:(bash zsh fish)' ;;\n")
		case "help":
			fmt.Fprint(w, " '1:verb:_semabench_verbs' ;;\n")
		default:
			fmt.Fprint(w, " '*:file:_files' ;;\n")
		}
	}
	var names []string
	for _, c := range all {
		names = append(names, c.name)
	}
	fmt.Fprintf(w, "\tesac\n}\n_semabench_verbs() { _values verb %s }\ncompdef _semabench semabench\n", strings.Join(names, " "))
}

// fishScript has a line for each verb and flag. -o names a flag with one dash and a long name. -r says that a
// value follows, which fish completes as a file.
func fishScript(w io.Writer, all []completed) {
	for _, c := range all {
		fmt.Fprintf(w, "complete -c semabench -n __fish_use_subcommand -f -a %s -d '%s'\n", c.name, c.what)
		for _, g := range c.flags {
			value := ""
			if !isSwitch(g) {
				value = " -r"
			}
			fmt.Fprintf(w, "complete -c semabench -n '__fish_seen_subcommand_from %s' -o %s%s -d '%s'\n", c.name, g.Name, value, what(g))
		}
	}
	fmt.Fprintln(w, "complete -c semabench -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'")
}
