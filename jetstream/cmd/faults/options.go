//go:build unix

package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// options are what the flags say.
type options struct {
	length     time.Duration
	sync       bool
	seed       uint64
	kinds      []fault
	minFaults  int
	minCommits int
	rate       int
	ackWait    time.Duration
	control    control

	check      string // a file
	save       string // a file
	saveAlways bool   // also if nothing is wrong
	dir        string
	keep       bool
}

// parse reads the flags. It returns flag.ErrHelp if all that was asked for is how
// to ask.
func parse(args []string, fs *flag.FlagSet) (o options, err error) {
	o.kinds = faults
	fs.DurationVar(&o.length, "for", time.Minute, "how long the load lasts")
	fs.Func("sync", "`when` the servers sync to disk: always, or lazy (default lazy)", func(s string) error {
		o.sync = s == "always"
		if s != "always" && s != "lazy" {
			return fmt.Errorf("neither always nor lazy")
		}
		return nil
	})
	fs.Uint64Var(&o.seed, "seed", rand.Uint64(), "decides the faults and what the clients do (default another each time)")
	fs.IntVar(&o.minFaults, "faults", 0, "go on until there were so many faults, up to three times as long and a minute")
	fs.IntVar(&o.minCommits, "commits", 0, "go on until so many commits were acknowledged, likewise")
	fs.IntVar(&o.rate, "rate", 1000, "commits a second that all clients together ask for; 0 for as many as they can")
	fs.DurationVar(&o.ackWait, "ackwait", 0, "Config.AckWait of the stores (default the library's)")
	fs.Func("kinds", "comma-separated `kinds` of faults, or none (default all: "+kindNames()+")", func(s string) error {
		o.kinds, err = chooseKinds(s)
		return err
	})
	fs.Func("control", "do something wrong on purpose; exit status 1 is then right. One `name` of:\n"+controlNames(), func(s string) error {
		i := slices.IndexFunc(controls, func(c control) bool { return c.name == s })
		if i < 0 {
			return fmt.Errorf("no such control")
		}
		o.control = controls[i]
		return nil
	})
	fs.StringVar(&o.check, "check", "", "run nothing, but the checkers on the history in `file`")
	fs.StringVar(&o.save, "history", "", "save the history in `file`, also if nothing is wrong (default faults-<seed>.history if something is)")
	fs.StringVar(&o.dir, "dir", "", "`directory` for the servers (default a temporary one)")
	fs.BoolVar(&o.keep, "keep", false, "leave the servers' directory behind")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("what is %q?", fs.Arg(0))
	}
	o.saveAlways = o.save != ""
	if o.save == "" {
		o.save = fmt.Sprintf("faults-%d.history", o.seed)
	}
	return o, nil
}

// String returns the flags that make the same run.
func (o options) String() string {
	names := "none"
	if len(o.kinds) > 0 {
		names = ""
		for i, k := range o.kinds {
			names += strings.Repeat(",", min(i, 1)) + k.kind
		}
	}
	sync := "lazy"
	if o.sync {
		sync = "always"
	}
	s := fmt.Sprintf("-for %v -sync %s -seed %d -rate %d", o.length, sync, o.seed, o.rate)
	if len(o.kinds) != len(faults) {
		s += fmt.Sprintf(" -kinds %q", names)
	}
	if o.ackWait > 0 {
		s += fmt.Sprintf(" -ackwait %v", o.ackWait)
	}
	if o.control.name != "" {
		s += " -control " + o.control.name
	}
	return s
}

// pause is how long each goroutine of a client waits between two commits.
func (o options) pause() time.Duration {
	if o.rate <= 0 {
		return 0
	}
	return time.Second * clients * threads / time.Duration(o.rate)
}

func kindNames() string {
	var names []string
	for _, f := range faults {
		names = append(names, f.kind)
	}
	return strings.Join(names, ",")
}

func chooseKinds(s string) (kinds []fault, err error) {
	if s == "none" {
		return nil, nil
	}
	for name := range strings.SplitSeq(s, ",") {
		i := slices.IndexFunc(faults, func(f fault) bool { return f.kind == name })
		if i < 0 {
			return nil, fmt.Errorf("no kind %q", name)
		}
		kinds = append(kinds, faults[i])
	}
	return kinds, nil
}

func controlNames() string {
	var b strings.Builder
	for _, c := range controls {
		fmt.Fprintf(&b, "%s: %s, which checker %s must find\n", c.name, c.what, c.flags)
	}
	return b.String()
}
