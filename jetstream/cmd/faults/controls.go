//go:build unix

package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// control is something that is done wrong on purpose, to see that it is found.
type control struct {
	name  string
	what  string
	flags string // the checker that must find it, and no other
	// act does it, after the load.
	act func(context.Context, *client) error
	// tamper does it to what was read.
	tamper func(*history.History)
}

var controls = []control{
	{name: "unexpected", flags: "chain", what: "a commit without an expectation, on a version that has passed", act: unexpected},
	{name: "stale", flags: "linearizability", what: "the same, but what it says it follows is true", act: stale},
	{name: "reused", flags: "log", what: "a commit under the id of an earlier one", act: reused},
	{name: "torn", flags: "log", what: "two events of a commit of three", act: torn},
	{name: "lost", flags: "log", what: "an acknowledged commit that no server has", act: last, tamper: lose},
	{name: "twice", flags: "reactor", what: "an output that is made twice", act: twice},
	{name: "skipped", flags: "subscribers", what: "an event that a subscriber was not given", tamper: skip},
	{name: "diverged", flags: "replicas", what: "a message that one server holds otherwise", tamper: diverge},
	{name: "misfolded", flags: "snapshots", what: "a load that has folded something else", tamper: misfold},
	{name: "foreseen", flags: "reads", what: "a load of what was asked for later", tamper: foresee},
	{name: "overtaken", flags: "order", what: "a commit that the log has before those acked when it was asked for", tamper: overtake},
	{name: "stuck", flags: "recovery", what: "a fault after which nothing goes on", tamper: stick},
}

// forge publishes an event as the library would, but for what it is given: the
// link, and the expectation, if there is any.
func (c *client) forge(ctx context.Context, k key, l history.Link, m Mark, expected string) (uint64, error) {
	js, err := natsjs.New(c.nc)
	if err != nil {
		return 0, err
	}
	data, err := codec.JSON.Marshal(added{m})
	if err != nil {
		return 0, err
	}
	msg := nats.NewMsg(c.prefix + ".item/added." + tokens(k))
	msg.Data = data
	msg.Header.Set("Content-Type", codec.JSON.Name())
	msg.Header.Set("Es-Commit", l.String())
	if expected != "" {
		msg.Header.Set("Nats-Expected-Last-Subject-Sequence", expected)
		msg.Header.Set("Nats-Expected-Last-Subject-Sequence-Subject", c.prefix+".*."+tokens(k))
	}
	ack, err := js.PublishMsg(ctx, msg)
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

var controlled = itemKey("control")

// honest commits n times to the aggregate of the controls, one event each, and
// returns the positions.
func (c *client) honest(ctx context.Context, n int) (at []uint64, err error) {
	var v version
	for i := range n {
		p, err := core.CommitEventsOptimistic(ctx, c, controlled, v, events(fmt.Sprintf("honest-%d", i), 0, 1, false), core.NoMetadata{})
		if err != nil {
			return nil, err
		}
		at, v = append(at, p), core.At(p)
	}
	return at, nil
}

// claim writes a commit of one event down as acknowledged.
func (c *client) claim(op string, call time.Duration, p history.Part) {
	p.Aggregate, p.Events = tokens(controlled), 1
	c.rec.add(history.Op{ID: op, Client: c.name, Call: call, Return: c.rec.now(), Outcome: history.OK, Parts: []history.Part{p}}, controlled, nil)
}

func unexpected(ctx context.Context, c *client) error {
	at, err := c.honest(ctx, 2)
	if err != nil {
		return err
	}
	call := c.rec.now()
	p, err := c.forge(ctx, controlled, history.Link{ID: "UNEXPECTED", Count: 1, Previous: at[0]}, Mark{Op: "forged"}, "")
	c.claim("forged", call, history.Part{Unchecked: true, Position: p})
	return err
}

func stale(ctx context.Context, c *client) error {
	at, err := c.honest(ctx, 2)
	if err != nil {
		return err
	}
	call := c.rec.now()
	p, err := c.forge(ctx, controlled, history.Link{ID: "STALE", Count: 1, Previous: at[1]}, Mark{Op: "forged"}, "")
	c.claim("forged", call, history.Part{Expected: at[0], Position: p})
	return err
}

func reused(ctx context.Context, c *client) error {
	call := c.rec.now()
	first, err := c.forge(ctx, controlled, history.Link{ID: "REUSED", Count: 1}, Mark{Op: "forged"}, "0")
	if err != nil {
		return err
	}
	c.claim("forged", call, history.Part{Position: first})
	call = c.rec.now()
	second, err := c.forge(ctx, controlled, history.Link{ID: "REUSED", Count: 1, Previous: first}, Mark{Op: "forged again"}, strconv.FormatUint(first, 10))
	c.claim("forged again", call, history.Part{Expected: first, Position: second})
	return err
}

func torn(ctx context.Context, c *client) error {
	call, expected := c.rec.now(), uint64(0)
	for i := range 2 {
		p, err := c.forge(ctx, controlled, history.Link{ID: "TORN", Index: i, Count: 3}, Mark{Op: "forged", Index: i}, strconv.FormatUint(expected, 10))
		if err != nil {
			return err
		}
		expected = p
	}
	c.rec.add(history.Op{ID: "forged", Client: c.name, Call: call, Return: c.rec.now(), Outcome: history.Unknown,
		Parts: []history.Part{{Aggregate: tokens(controlled), Events: 3}}}, controlled, nil)
	return nil
}

func last(ctx context.Context, c *client) error {
	_, err := c.honest(ctx, 1)
	return err
}

// lose takes the end off everything that was read.
func lose(h *history.History) {
	h.Log = h.Log[:len(h.Log)-1]
	for i := range h.Replicas {
		d := &h.Replicas[i].Digest
		*d = (*d)[:len(*d)-1]
	}
	for i := range h.Subscribers {
		s := &h.Subscribers[i]
		s.Seqs, s.IDs = s.Seqs[:len(s.Seqs)-1], s.IDs[:len(s.IDs)-1]
	}
}

func twice(ctx context.Context, c *client) error {
	for e, err := range c.LoadEvents(ctx, filter{EventKind: written{}.EventKind()}) {
		if err != nil {
			return err
		}
		output, err := core.Decode[written](c.store, e)
		if err != nil {
			return err
		}
		_, err = core.CommitEvents(ctx, c.store, e.Key, []core.Event{output}, core.NoMetadata{})
		return err
	}
	return fmt.Errorf("the reactor has made nothing")
}

func skip(h *history.History) {
	s := &h.Subscribers[1]
	i := len(s.Seqs) / 2
	s.Seqs, s.IDs = slices.Delete(s.Seqs, i, i+1), slices.Delete(s.IDs, i, i+1)
}

func diverge(h *history.History) {
	d := h.Replicas[2].Digest
	d[len(d)/2]++
}

// someLoad is a load that has seen something.
func someLoad(h *history.History) *history.Load {
	i := slices.IndexFunc(h.Loads, func(l history.Load) bool { return l.Version > 0 && l.Snapshot })
	return &h.Loads[i]
}

func misfold(h *history.History) { someLoad(h).Digest++ }

func foresee(h *history.History) {
	l := someLoad(h)
	l.Call, l.Return = 0, 0
}

// overtake makes a commit to an aggregate that nobody else writes the last one
// that was asked for.
func overtake(h *history.History) {
	i := slices.IndexFunc(h.Ops, func(op history.Op) bool {
		return op.Outcome == history.OK && strings.HasPrefix(op.Parts[0].Aggregate, "item.new-")
	})
	for _, op := range h.Ops {
		h.Ops[i].Call = max(h.Ops[i].Call, op.Return+1)
	}
	h.Ops[i].Return = h.Ops[i].Call
}

func stick(h *history.History) {
	h.Faults = append(h.Faults, history.Fault{Kind: "kill leader", Deadline: true})
}
