package checkup

import (
	"context"
	"errors"
	"fmt"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

// checkServer asks whether the library takes the server.
func checkServer(_ context.Context, l *rawlog.Log) []Symptom {
	if err := jetstream.CheckServer(l.ServerVersion(), l.Info().Config.Replicas); err != nil {
		return []Symptom{{"server", Wrong, err.Error(), "update the servers, one after the other"}}
	}
	return []Symptom{{"server", OK, l.Server(), ""}}
}

// checkSettings compares the settings of the stream with those of a store.
func checkSettings(_ context.Context, l *rawlog.Log) []Symptom {
	err := jetstream.CheckStream(l.Info(), jetstream.Config{Stream: l.Info().Config.Name, Prefix: l.Prefix(), Memory: l.IsMemory()})
	drifted, is := errors.AsType[*jetstream.StreamConfigError](err)
	if !is {
		return []Symptom{{"settings", OK, "as a store's must be", ""}}
	}
	var all []Symptom
	for _, f := range drifted.Fields {
		all = append(all, Symptom{"settings", Wrong, fmt.Sprintf("%s is %s, want %s", f.Field, f.Got, f.Want), "nats stream edit " + l.Info().Config.Name + "; commits are refused until then"})
	}
	return all
}

// checkState looks for positions without a message.
func checkState(_ context.Context, l *rawlog.Log) []Symptom {
	s := l.Info().State
	if lost := s.LastSeq - s.Msgs; s.LastSeq > s.Msgs {
		return []Symptom{{"holes", Wrong, fmt.Sprintf("%d positions have no message", lost), "jetsource verify names them"}}
	}
	return []Symptom{{"holes", OK, fmt.Sprintf("all %d positions have a message", s.LastSeq), ""}}
}

func checkReplicas(_ context.Context, l *rawlog.Log) (all []Symptom) {
	c := l.Info().Cluster
	if c == nil || l.Info().Config.Replicas < 2 {
		return []Symptom{{"replicas", Warning, "one: if its disk is lost, so are the events", "three replicas on a cluster, or backups: jetsource backup"}}
	}
	if c.Leader == "" {
		all = append(all, Symptom{"replicas", Wrong, "the stream has no leader", "see that most of its servers run"})
	}
	for _, r := range c.Replicas {
		if s := checkReplica(r); s.State != OK {
			all = append(all, s)
		}
	}
	if all == nil {
		all = []Symptom{{"replicas", OK, fmt.Sprintf("%d, leader %s, none behind", l.Info().Config.Replicas, c.Leader), ""}}
	}
	return all
}

// The most that a replica may be behind: while events are written each is, by a few.
const (
	mostLag    = 10_000
	mostSilent = 10 * time.Second
)

func checkReplica(r *natsjs.PeerInfo) Symptom {
	s := Symptom{"replicas", OK, fmt.Sprintf("%s is %d messages behind, last heard of %v ago", r.Name, r.Lag, r.Active.Round(time.Millisecond)), ""}
	switch {
	case r.Offline:
		return Symptom{"replicas", Wrong, r.Name + " is offline", "start it, or replace it: nats stream cluster peer-remove"}
	case r.Lag > mostLag || r.Active > mostSilent:
		s.State, s.Advice = Wrong, "it catches up by itself if its disk and network let it"
	case !r.Current:
		s.State, s.Advice = Warning, "it catches up within moments; ask again"
	}
	return s
}

// checkLimits tells how full the stream and the account are, and for how long they last.
func checkLimits(ctx context.Context, l *rawlog.Log) []Symptom {
	s := l.Info()
	day := float64(s.State.Bytes) / max(span(ctx, l).Hours()/24, 1)
	all := []Symptom{{"growth", OK, fmt.Sprintf("%s in all, %s a day, %s in a year as it goes", view.Size(s.State.Bytes), view.Size(uint64(day)), view.Size(s.State.Bytes+uint64(365*day))), ""}}
	limit := func(what string, used uint64, most int64, advice string) {
		if most <= 0 {
			return
		}
		s := Symptom{"limits", OK, "", ""}
		left := (float64(most) - float64(used)) / max(day, 1)
		if used > uint64(most)*8/10 || left < 30 {
			s.State, s.Advice = Warning, advice
		}
		if used > uint64(most)*95/100 {
			s.State = Wrong
		}
		s.Text = fmt.Sprintf("%s: %s of %s, for %.0f more days", what, view.Size(used), view.Size(uint64(most)), max(left, 0))
		all = append(all, s)
	}
	limit("stream", s.State.Bytes, s.Config.MaxBytes, "no commit is taken when it is full: nats stream edit "+s.Config.Name+" --max-bytes raises it")
	account, err := l.Account(ctx)
	if err != nil {
		return append(all, Symptom{"limits", Warning, "the account's are not known: " + err.Error(), "the right to $JS.API.INFO shows them"})
	}
	const raise = "have who runs the servers raise it: no commit is taken when it is full"
	limit("account's disk", account.Store, account.Limits.MaxStore, raise)
	limit("account's memory", account.Memory, account.Limits.MaxMemory, raise)
	if n := s.State.NumSubjects; n > 1_000_000 {
		all = append(all, Symptom{"memory", OK, fmt.Sprintf("%d subjects take about %s of each server's memory", n, view.Size(n*150)), ""})
	}
	if n := s.State.Consumers; n > 800 {
		all = append(all, Symptom{"limits", Warning, fmt.Sprintf("%d of 1,000 consumers", n), "see which programs subscribe; one tail is shared in a process"})
	}
	return all
}

// span returns over which time the log has grown; by the server's times, as a restore leaves
// them, for a user that may not read it.
func span(ctx context.Context, l *rawlog.Log) time.Duration {
	s := l.Info()
	if may, err := l.MayCall(ctx, l.API("DIRECT.GET."+s.Config.Name)); may && err == nil {
		if first, last, err := l.Span(ctx); err == nil {
			return last.Sub(first)
		}
	}
	return s.State.LastTime.Sub(s.State.FirstTime)
}

// checkClock compares this machine's clock with the server's.
func checkClock(_ context.Context, l *rawlog.Log) []Symptom {
	diff := l.Skew()
	if diff.Abs() > 5*time.Second {
		return []Symptom{{"clock", Warning, fmt.Sprintf("the server's clock is %v from this machine's", diff.Round(time.Millisecond)), "see that both clocks are set by NTP: the times of events are the server's"}}
	}
	return []Symptom{{"clock", OK, fmt.Sprintf("within %v of the server's", diff.Abs().Round(time.Millisecond)), ""}}
}
