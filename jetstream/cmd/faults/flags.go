//go:build unix

package main

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// parse reads the flags.
func parse(fs *flag.FlagSet, args []string) (options, error) {
	o := options{load: loadOptions{faults: faults, size: fullSize, goals: leastGoals}}
	o.load.addFlags(fs)
	o.files.addFlags(fs)
	fs.Func("control", "do something wrong on purpose, so that the exit status is 1. One `name` of:\n"+controlNames(), func(name string) error {
		i := slices.IndexFunc(controls, func(c control) bool { return c.name == name })
		if i < 0 {
			return errors.New("there is no such control")
		}
		o.control = controls[i]
		return nil
	})
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("argument %q follows the flags", fs.Arg(0))
	}
	o.files.saveAlways = o.files.history != ""
	if o.files.history == "" {
		o.files.history = fmt.Sprintf("faults-%d.history", o.load.seed)
	}
	return o, nil
}

func (o *loadOptions) addFlags(fs *flag.FlagSet) {
	fs.DurationVar(&o.time, "for", time.Minute, "how long the load lasts at least")
	fs.Func("sync", "`when` the servers sync to disk: always, or lazy (default lazy)", func(s string) error {
		o.syncAlways = s == "always"
		if s != "always" && s != "lazy" {
			return errors.New("must be always or lazy")
		}
		return nil
	})
	fs.Uint64Var(&o.seed, "seed", rand.Uint64(), "decides the faults, and what clients ask for (default a random number)")
	fs.IntVar(&o.goals.faults, "faults", 0, "go on until so many faults have healed, at most three times as long and 5 minutes")
	fs.IntVar(&o.goals.commits, "commits", o.goals.commits, "go on until so many commits are acked, likewise")
	fs.IntVar(&o.rate, "rate", 1000, "commits a second that all writers together ask for; 0 means no limit")
	fs.DurationVar(&o.ackWait, "ackwait", 0, "Config.AckWait of the stores (default the library's)")
	fs.Func("kinds", "comma-separated `kinds` of faults, or none (default all: "+kindNames(faults)+")", func(s string) (err error) {
		o.faults, err = parseKinds(s)
		return err
	})
}

func (o *fileOptions) addFlags(fs *flag.FlagSet) {
	fs.StringVar(&o.check, "check", "", "check the history in `file` and run nothing")
	fs.StringVar(&o.history, "history", "", "save the history in `file`, whatever it shows (default faults-<seed>.history, if it breaks a rule)")
	fs.StringVar(&o.dir, "dir", "", "parent `directory` of the servers' directory (default the system's for temporary files)")
	fs.BoolVar(&o.keepDir, "keep", false, "keep the servers' directory")
}

func kindNames(faults []fault) string {
	if len(faults) == 0 {
		return "none"
	}
	var names []string
	for _, f := range faults {
		names = append(names, f.kind)
	}
	return strings.Join(names, ",")
}

func parseKinds(s string) (kinds []fault, err error) {
	if s == "none" {
		return nil, nil
	}
	for name := range strings.SplitSeq(s, ",") {
		i := slices.IndexFunc(faults, func(f fault) bool { return f.kind == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no kind %q", name)
		}
		kinds = append(kinds, faults[i])
	}
	return kinds, nil
}
