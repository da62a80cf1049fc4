//go:build power

package powerfs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// Servers that do not sync, and all lose power at once, can come back with different
// messages at one position, and go on like that. No client can mend it, and the store
// promises nothing then, save this: a read returns what one of the servers holds, or an
// error, and every call ends in its time.

const (
	storeTime = 20 * time.Second           // of a call
	callTime  = storeTime + 15*time.Second // that takes longer stands still
)

// checkDiverged checks what a store makes of servers that differ, and has others take their
// place.
func (x *storeTest) checkDiverged(number int, r *replicas, when string) {
	x.found.diverged++
	x.t.Logf("round %d: the servers differ %s:\n%s", number, when, r.table())
	d := &divergedTest{storeTest: x, branches: r}
	d.checkReads()
	d.checkCommits()
	x.t.Log("stores:\n" + x.logged.String())
	x.startAnew()
}

// divergedTest is a test of a store on servers that differ.
type divergedTest struct {
	*storeTest

	branches *replicas
}

// call makes a call that may fail, and must end.
func (d *divergedTest) call(what string, f func(ctx context.Context) error) bool {
	begun := time.Now()
	err := f(d.t.Context())
	if took := time.Since(begun); took > callTime {
		d.found.add("%s on servers that differ stood still for %v: %v", what, took, err)
	}
	if err != nil {
		d.found.noticed[kindOf(err)]++
	}
	return err == nil
}

// checkReads reads each aggregate, and the log.
func (d *divergedTest) checkReads() {
	nc, err := nats.Connect(d.servers.address(), nats.MaxReconnects(-1))
	require.NoError(d.t, err)
	defer nc.Close()
	cfg := jetstream.Config{Replicas: d.servers.replicas(), Logger: slog.New(slog.NewTextHandler(d.logged, nil)), Timeout: storeTime}
	var s *store
	if !d.call("open", func(ctx context.Context) (err error) {
		ctx, cancel := context.WithTimeout(ctx, storeTime)
		defer cancel()
		s, err = jetstream.Open[string, core.NoMetadata](ctx, nc, cfg)
		return err
	}) {
		return
	}
	defer func() { require.NoError(d.t, s.Close()) }()
	d.read(s, "scan", "", "", storeFilter{})
	for _, kind := range eventKinds {
		d.read(s, "scan of "+kind, "", kind, storeFilter{EventKind: kind})
	}
	for range 3 { // another server may answer
		for _, k := range aggregates() {
			d.read(s, "load of "+tokens(k), tokens(k), "", storeFilter{Aggregate: &k})
		}
	}
}

// read expects a read to return what one of the servers holds, if it does not fail.
func (d *divergedTest) read(s *store, reader, aggregate, kind string, f storeFilter) {
	var got []seen
	if !d.call(reader, func(ctx context.Context) error {
		for e, err := range s.LoadEvents(ctx, f) {
			if err != nil {
				return err
			}
			got = append(got, seen{e.Position, e.EventID()})
		}
		return nil
	}) {
		return
	}
	held := func(r *replicas) bool {
		return slices.ContainsFunc(r.list, func(one replica) bool {
			return slices.Equal(visible(one.log, aggregate, kind), got)
		})
	}
	if held(d.branches) {
		d.found.oneBranch++
		return
	}
	before := d.branches // servers can come to agree, or differ more
	if d.branches = d.servers.settle(); held(d.branches) {
		d.found.oneBranch++
		return
	}
	d.found.add("%s on servers that differ: %d events that no server holds; %s", reader, len(got), difference(before, aggregate, kind, got))
}

func difference(r *replicas, aggregate, kind string, got []seen) (text string) {
	for _, one := range r.list {
		want := visible(one.log, aggregate, kind)
		text += fmt.Sprintf("%s has %d, %s; ", one.node, len(want), firstDifference(want, got))
	}
	return text
}

// checkCommits commits by the stores that were there before.
func (d *divergedTest) checkCommits() {
	for i, s := range d.stores {
		k := aggregates()[i]
		d.call("commit", func(ctx context.Context) error {
			v, err := s.Version(ctx, k)
			if err != nil {
				return err
			}
			return d.answers.commit(ctx, s, "on servers that differ", storeCommit{Key: k, Expected: v, Events: events("diverged", 0, 2, 10)})
		})
	}
}

// kindOf is the type of an error that says most.
func kindOf(err error) string {
	for _, kind := range []struct {
		name string
		is   func(error) bool
	}{
		{"ChainError", isA[*jetstream.ChainError]},
		{"HoleError", isA[*jetstream.HoleError]},
		{"DivergedError", isA[*jetstream.DivergedError]},
		{"LostEndError", isA[*jetstream.LostEndError]},
		{"UnknownOutcomeError", isA[*jetstream.UnknownOutcomeError]},
		{"ReadError", isA[*jetstream.ReadError]},
	} {
		if kind.is(err) {
			return kind.name
		}
	}
	return err.Error()
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
