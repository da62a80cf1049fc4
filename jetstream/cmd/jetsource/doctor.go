package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/checkup"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

func doctorCommand() command {
	listen := time.Duration(0)
	return command{
		name: "doctor", short: "check settings, limits, replicas, clock, server and rights",
		long: `Looks at everything around the log: the settings of the stream, the limits of the account and the
stream and when they will be reached, the replicas, the clock, the server's version, and which
rights the user has not of those that writers, readers and this program need. Without the right to
$SYS.REQ.USER.INFO it tries the calls, each with a request that is none. With --listen it waits for
advisories of the server as well. It does not read the log; verify does.

The exit status is 0 if all is well and 3 if something is wrong; warnings do not count.`,
		flags: func(set *flag.FlagSet) {
			set.DurationVar(&listen, "listen", 0, "how long to listen for advisories")
		},
		run: func(ctx context.Context, p *program, _ []string) error { return p.doctor(ctx, listen) },
	}
}

// symptoms looks at everything. A denial, by which a command ends, is a finding here.
func (p *program) symptoms(ctx context.Context, l *rawlog.Log) []checkup.Symptom {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.to.timeout)
	defer cancel()
	return append(checkup.Check(ctx, l), checkup.Rights(ctx, l)...)
}

func (p *program) doctor(ctx context.Context, listen time.Duration) error {
	l, end, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer end()
	all := p.symptoms(ctx, l)
	if listen > 0 {
		heard, err := l.Advisories(ctx, listen)
		if err != nil {
			return err
		}
		all = append(all, checkup.Symptom{What: "advisories", State: checkup.OK, Text: fmt.Sprintf("%d in %v", len(heard), listen)})
		for _, text := range heard {
			all = append(all, checkup.Symptom{What: "advisory", State: checkup.Warning, Text: text, Advice: "nats events --js-advisory shows all that it says"})
		}
	}
	bad := false
	for _, s := range all {
		bad = bad || s.State == checkup.Wrong
		if p.json {
			err = printJSON(p.out, s)
		} else {
			_, err = fmt.Fprintf(p.out, "%-8s %-10s %s\n", s.State, s.What, view.Printable(s.Text))
			if s.Advice != "" && err == nil {
				_, err = fmt.Fprintf(p.out, "%20s%s\n", "", s.Advice)
			}
		}
		if err != nil {
			return err
		}
	}
	if bad {
		return errFindings
	}
	return nil
}
