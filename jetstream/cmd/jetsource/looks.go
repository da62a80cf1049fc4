package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
)

// quiet is a logger that says nothing: the program prints what there is to say.
func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// lookAtServer asks whether the library takes the server.
func (p *program) lookAtServer(_ context.Context, l *rawlog.Log) []symptom {
	if err := jetstream.CheckServer(l.ServerVersion(), l.Info().Config.Replicas); err != nil {
		return []symptom{{"server", wrong, err.Error(), "update the servers, one after the other"}}
	}
	return []symptom{{"server", ok, l.Server(), ""}}
}

// lookAtSettings compares the settings of the stream with those of a store.
func (p *program) lookAtSettings(_ context.Context, l *rawlog.Log) []symptom {
	err := jetstream.CheckStream(l.Info(), jetstream.Config{Stream: p.to.stream, Prefix: l.Prefix(), Memory: l.IsMemory()})
	drifted, is := errors.AsType[*jetstream.StreamConfigError](err)
	if !is {
		return []symptom{{"settings", ok, "as a store's must be", ""}}
	}
	var all []symptom
	for _, f := range drifted.Fields {
		all = append(all, symptom{"settings", wrong, fmt.Sprintf("%s is %s, want %s", f.Field, f.Got, f.Want), "nats stream edit " + p.to.stream + "; commits are refused until then"})
	}
	return all
}

// lookAtState looks for positions without a message.
func lookAtState(_ context.Context, l *rawlog.Log) []symptom {
	s := l.Info().State
	if lost := s.LastSeq - s.Msgs; s.LastSeq > s.Msgs {
		return []symptom{{"holes", wrong, fmt.Sprintf("%d positions have no message", lost), "jetsource verify names them"}}
	}
	return []symptom{{"holes", ok, fmt.Sprintf("all %d positions have a message", s.LastSeq), ""}}
}

// The most that a replica may be behind.
const (
	mostLag    = 10_000
	mostSilent = 10 * time.Second
)

func lookAtReplicas(_ context.Context, l *rawlog.Log) (all []symptom) {
	c := l.Info().Cluster
	if c == nil || l.Info().Config.Replicas < 2 {
		return []symptom{{"replicas", warning, "one: if its disk is lost, so are the events", "three replicas on a cluster, or backups: jetsource backup"}}
	}
	if c.Leader == "" {
		all = append(all, symptom{"replicas", wrong, "the stream has no leader", "see that most of its servers run"})
	}
	for _, r := range c.Replicas {
		switch {
		case r.Offline:
			all = append(all, symptom{"replicas", wrong, r.Name + " is offline", "start it, or replace it: nats stream cluster peer-remove"})
		case r.Lag > mostLag || r.Active > mostSilent || !r.Current:
			all = append(all, symptom{"replicas", wrong, fmt.Sprintf("%s is %d messages behind, last heard of %v ago", r.Name, r.Lag, r.Active.Round(time.Millisecond)), "it catches up by itself if its disk and network let it"})
		}
	}
	if all == nil {
		all = []symptom{{"replicas", ok, fmt.Sprintf("%d, leader %s, none behind", l.Info().Config.Replicas, c.Leader), ""}}
	}
	return all
}

// lookAtLimits tells how full the stream and the account are, and for how long they last.
func lookAtLimits(ctx context.Context, l *rawlog.Log) []symptom {
	s := l.Info()
	day := float64(s.State.Bytes) / max(s.State.LastTime.Sub(s.State.FirstTime).Hours()/24, 1)
	all := []symptom{{"growth", ok, fmt.Sprintf("%s in all, %s a day, %s in a year as it goes", size(s.State.Bytes), size(uint64(day)), size(s.State.Bytes+uint64(365*day))), ""}}
	limit := func(what string, used uint64, most int64) {
		if most <= 0 {
			return
		}
		state, left := ok, (float64(most)-float64(used))/max(day, 1)
		if used > uint64(most)*8/10 || left < 30 {
			state = warning
		}
		if used > uint64(most)*95/100 {
			state = wrong
		}
		all = append(all, symptom{"limits", state, fmt.Sprintf("%s: %s of %s, for %.0f more days", what, size(used), size(uint64(most)), left), ""})
	}
	limit("stream", s.State.Bytes, s.Config.MaxBytes)
	account, err := l.Account(ctx)
	if err != nil {
		return append(all, symptom{"limits", warning, "the account's are not known: " + err.Error(), "the right to $JS.API.INFO shows them"})
	}
	limit("account's disk", account.Store, account.Limits.MaxStore)
	limit("account's memory", account.Memory, account.Limits.MaxMemory)
	if n := s.State.NumSubjects; n > 1_000_000 {
		all = append(all, symptom{"memory", ok, fmt.Sprintf("%d subjects take about %s of each server's memory", n, size(n*150)), ""})
	}
	if n := s.State.Consumers; n > 800 {
		all = append(all, symptom{"limits", warning, fmt.Sprintf("%d of 1,000 consumers", n), "see which programs subscribe; one tail is shared in a process"})
	}
	return all
}

// lookAtClock compares this machine's clock with the server's.
func lookAtClock(_ context.Context, l *rawlog.Log) []symptom {
	diff := l.Skew()
	if diff.Abs() > 5*time.Second {
		return []symptom{{"clock", warning, fmt.Sprintf("the server's clock is %v from this machine's", diff.Round(time.Millisecond)), "the times of events are the server's"}}
	}
	return []symptom{{"clock", ok, fmt.Sprintf("within %v of the server's", diff.Abs().Round(time.Millisecond)), ""}}
}
