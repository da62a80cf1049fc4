package main

import (
	"flag"
	"io"
	"strings"
	"text/tabwriter"
)

// whereToConnect is told by the help of all commands and of their flags.
const whereToConnect = `Without --server and --context the selected NATS context is used, or else $NATS_URL, or else
nats://127.0.0.1:4222.
`

// help prints the commands, or what one of them is, or the flags of all.
func help(args []string, out, errs io.Writer) int {
	if len(args) < 2 {
		helpAll(out)
		return exitOK
	}
	if args[1] == "flags" {
		say(out, "The flags of every command:\n\n")
		describeFlags(new(program).flags, out)
		say(out, "\n%s", whereToConnect)
		return exitOK
	}
	for _, c := range commands() {
		if c.name == args[1] {
			describe(c, out)
			return exitOK
		}
	}
	say(errs, "jetsource: there is no command %q; jetsource help lists them\n", args[1])
	return exitUsage
}

func helpAll(out io.Writer) {
	say(out, "jetsource looks after an event store on NATS JetStream.\n\nusage: jetsource <command> [flags] [arguments]\n\n")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range commands() {
		say(w, "  %s\t%s\t%s\n", c.name, c.args, c.short)
	}
	_ = w.Flush()
	say(out, "\njetsource help <command> tells more of one, jetsource help flags the flags of every command.\n%s", whereToConnect)
}

// describe prints the help of a command.
func describe(c command, out io.Writer) {
	say(out, "usage: jetsource %s\n\n%s\n", strings.TrimSpace(c.name+" [flags] "+c.args), c.long)
	if c.flags != nil {
		say(out, "\nflags:\n")
		describeFlags(c.flags, out)
	}
	say(out, "\nFlags of every command, such as --server, --context, --stream and --json: jetsource help flags\n")
}

func describeFlags(flags func(*flag.FlagSet), out io.Writer) {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	flags(set)
	set.VisitAll(func(f *flag.Flag) { describeFlag(f, out) })
}

// describeFlag prints a flag as the texts write it, with two dashes.
func describeFlag(f *flag.Flag, out io.Writer) {
	kind, usage := flag.UnquoteUsage(f)
	text := ""
	if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" {
		text = " (default " + f.DefValue + ")"
	}
	say(out, "  --%s\n        %s%s\n", strings.TrimSpace(f.Name+" "+kind), usage, text)
}
