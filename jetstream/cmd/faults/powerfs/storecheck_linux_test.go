//go:build power

package powerfs_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/check"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// storeVerdict is what was found after losses of power, under a store.
type storeVerdict struct {
	times     int
	acked     int             // commits
	lost      int             // of them
	torn      map[string]bool // commits that lost their end, and are void
	ended     int             // subscriptions that ended since the log lacks what they had received
	silent    int             // subscriptions that went on all the same
	refused   int             // stores that said so, and work no more
	violation []string

	diverged  int            // losses after which servers held different messages at one position
	behind    int            // losses after which a server did not catch up with the others
	holed     int            // losses after which one server had a hole that the others had not
	noticed   map[string]int // what stores said of that, by the type of the error
	oneBranch int            // reads that returned what one of the servers held
	stalls    []string       // of this round: what did not go on
	blamed    []string       // what was found wrong while servers differed
}

func newStoreVerdict() storeVerdict {
	return storeVerdict{torn: make(map[string]bool), noticed: make(map[string]int)}
}

func (l *storeVerdict) String() string {
	text := fmt.Sprintf("%d losses of power, %d commits acked, %d of them lost; %d torn commits void; of subscriptions that had received what was lost %d ended with an error, %d went on; %d stores refused to work; %d violations",
		l.times, l.acked, l.lost, len(l.torn), l.ended, l.silent, l.refused, len(l.violation))
	if l.diverged > 0 {
		text += fmt.Sprintf("; after %d losses the servers held different messages at one position: of reads %d returned what one of them held, %v were errors; %d findings are due to that", l.diverged, l.oneBranch, l.noticed, len(l.blamed))
	}
	if l.behind > 0 {
		text += fmt.Sprintf("; after %d losses a server did not catch up", l.behind)
	}
	if l.holed > 0 {
		text += fmt.Sprintf("; after %d losses one server had a hole that the others had not, which %d reads named", l.holed, len(l.blamed))
	}
	return text
}

// stall adds that something does not go on. It is a violation unless servers do not agree,
// or do not come to.
func (l *storeVerdict) stall(format string, args ...any) {
	l.stalls = append(l.stalls, fmt.Sprintf(format, args...))
}

// blameHole takes errors that name a hole to be those of a server that has one, and leads. That
// a read leaves out what is in the hole is a violation still.
func (l *storeVerdict) blameHole(since int) {
	l.violation = slices.DeleteFunc(l.violation, func(v string) bool {
		named := slices.Contains(l.violation[since:], v) && strings.Contains(v, "of its messages, at positions")
		if named {
			l.blamed = append(l.blamed, v)
		}
		return named
	})
}

// blame takes what was found since to be the work of servers that hold different messages.
func (l *storeVerdict) blame(since int) {
	l.blamed = append(l.blamed, l.violation[since:]...)
	l.violation = l.violation[:since]
}

func (l *storeVerdict) add(format string, args ...any) {
	l.violation = append(l.violation, fmt.Sprintf(format, args...))
}

// forgetLost takes the acked commits that the log lacks out of the history, if servers
// do not sync. What is left must be what was there before: all that was acked before
// power was lost, up to some position. What was asked for after that is never lost.
func (l *storeVerdict) forgetLost(h *history.History, cut, back time.Duration) {
	there := make(map[string]bool)
	for _, e := range history.WholeCommits(h.Log) {
		there[e.Op] = true
	}
	first := uint64(math.MaxUint64)
	for _, op := range h.Ops {
		if op.Outcome == history.Acked && !there[op.ID] {
			l.lost++
			first = min(first, start(op))
			if op.Call > back {
				l.add("commit %s, acked at %d, is lost, though no power was lost since", op.ID, op.Position())
			}
		}
	}
	for _, op := range h.Ops {
		if op.Outcome == history.Acked && there[op.ID] && op.Return < cut && start(op) > first {
			l.add("commit %s, acked at %d, is there, and the one acked at %d is lost", op.ID, op.Position(), first)
		}
	}
	h.Ops = slices.DeleteFunc(h.Ops, func(op history.Op) bool { return op.Outcome == history.Acked && !there[op.ID] })
}

// start is the position of the first event of an acked commit.
func start(op history.Op) uint64 { return op.Parts[0].Position - uint64(op.Parts[0].Events) + 1 }

// checkHistory compares the log with the answers of clients.
func (l *storeVerdict) checkHistory(h *history.History) {
	for _, c := range check.Checkers {
		if !slices.Contains([]string{"log", "chain", "order"}, c.Name) {
			continue
		}
		if f := c.Run(h); f.Count > 0 {
			l.add("%s: %d: %v", c.Name, f.Count, f.First)
		}
	}
}

// checkGaps compares the gaps that a store reports with the log.
func (l *storeVerdict) checkGaps(t *testing.T, s *store, log []history.Entry) {
	reported := make(map[string]bool)
	gaps, err := s.Gaps(t.Context())
	if err != nil {
		l.add("gaps: %v", err)
		return
	}
	for _, g := range gaps {
		reported[fmt.Sprint(g.From, "-", g.To, " ", g.Commit)] = true
	}
	for _, c := range history.Commits(log) {
		if !history.LacksEnd(c) {
			continue
		}
		name := fmt.Sprint(c[0].Seq, "-", c[len(c)-1].Seq, " ", c[0].Header.ID)
		if !reported[name] {
			l.add("commit %s is torn, and the store reports %v", name, gaps)
		}
		l.torn[name] = true
	}
}

// checkReaders compares what a store hands out with the log.
func (l *storeVerdict) checkReaders(t *testing.T, s *store, log []history.Entry) {
	compare := func(reader string, aggregate, kind string, f storeFilter) {
		var got []seen
		for e, err := range s.LoadEvents(t.Context(), f) {
			if err != nil {
				if errors.Is(err, core.ErrFinal) {
					l.add("%s: %v", reader, err)
				} else {
					l.stall("%s: %v", reader, err)
				}
				return
			}
			got = append(got, seen{e.Position, e.EventID()})
		}
		if want := visible(log, aggregate, kind); !slices.Equal(want, got) {
			l.add("%s: %d events, want %d; %s", reader, len(got), len(want), firstDifference(want, got))
		}
	}
	compare("scan", "", "", storeFilter{})
	for _, kind := range eventKinds {
		compare("scan of "+kind, "", kind, storeFilter{EventKind: kind})
	}
	ids := make(map[string]bool)
	for id, err := range s.IDs(t.Context(), "item") {
		if err != nil {
			l.add("ids: %v", err)
			return
		}
		ids[id] = true
	}
	for _, k := range aggregates() {
		compare("load of "+tokens(k), tokens(k), "", storeFilter{Aggregate: &k})
		events := visible(log, tokens(k), "")
		if ids[k.ID] != (len(events) > 0) {
			l.add("%s has %d events, among the ids: %v", tokens(k), len(events), ids[k.ID])
		}
		v, err := s.Version(t.Context(), k)
		if at, _ := v.Position(); err != nil || len(events) > 0 && at != events[len(events)-1].position {
			l.add("%s is at %v, %v", tokens(k), v, err)
		}
	}
}

func firstDifference(want, got []seen) string {
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			return fmt.Sprintf("the first other one is %v, want %v", got[i], want[i])
		}
	}
	return "one is longer"
}

// goOn commits to every aggregate.
func (l *storeVerdict) goOn(t *testing.T, a *answers, s *store) {
	for _, k := range aggregates() {
		op := fmt.Sprintf("%s goes on %d", k.ID, l.times)
		v, err := s.Version(t.Context(), k)
		if err == nil {
			err = a.commit(t.Context(), s, op, storeCommit{Key: k, Expected: v, Events: events(op, 0, 2, 10)})
		}
		if err != nil {
			if errors.Is(err, core.ErrUnknownOutcome) || errors.Is(err, core.ErrUnavailable) {
				l.stall("%s takes no commit on %v: %v", tokens(k), v, err)
				return // nor does any other
			}
			l.add("%s takes no commit on %v: %v", tokens(k), v, err)
		}
	}
}
