//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// forged is the aggregate that controls write to.
var forged = itemKey("control")

// publishForged publishes an event as the library does, with a commit header that
// may be wrong, and with the expected version unless it is empty.
func (c *client) publishForged(ctx context.Context, h history.CommitHeader, op string, expected string) (uint64, error) {
	js, err := natsjs.New(c.nc)
	if err != nil {
		return 0, err
	}
	data, err := codec.JSON.Marshal(added{Mark{Op: op, Index: h.Index}})
	if err != nil {
		return 0, err
	}
	msg := nats.NewMsg(c.prefix + ".item/added." + tokens(forged))
	msg.Data = data
	msg.Header.Set("Content-Type", codec.JSON.Name())
	msg.Header.Set("Es-Commit", h.String())
	if expected != "" {
		msg.Header.Set(natsjs.ExpectedLastSubjSeqHeader, expected)
		msg.Header.Set(natsjs.ExpectedLastSubjSeqSubjHeader, c.prefix+".*."+tokens(forged))
	}
	ack, err := js.PublishMsg(ctx, msg)
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// commitValid commits n times to the forged aggregate, one event each, and returns
// the positions.
func (c *client) commitValid(ctx context.Context, n int) (positions []uint64, err error) {
	var v version
	for i := range n {
		p, err := core.CommitEventsOptimistic(ctx, c, forged, v, events(fmt.Sprintf("valid-%d", i), 0, 1), core.NoMetadata{})
		if err != nil {
			return nil, err
		}
		positions, v = append(positions, p), core.At(p)
	}
	return positions, nil
}

// record records a forged commit as if the store had answered it.
func (c *client) record(op string, call time.Duration, outcome history.Outcome, p history.Part) {
	p.Aggregate = tokens(forged)
	c.recorder.answered(history.Op{
		ID: op, Client: c.name, Interval: history.Interval{Call: call, Return: c.recorder.now()},
		Outcome: outcome, Parts: []history.Part{p},
	}, commit{Key: forged, Events: events(op, 0, 1)}, nil)
}

// publishUnconditionally publishes an event that names the last version but one.
func publishUnconditionally(ctx context.Context, c *client) error {
	at, err := c.commitValid(ctx, 2)
	if err != nil {
		return err
	}
	call := c.recorder.now()
	p, err := c.publishForged(ctx, history.CommitHeader{ID: "UNCONDITIONAL", Count: 1, Total: 1, Previous: at[0]}, "forged", "")
	c.record("forged", call, history.Acked, history.Part{Unchecked: true, Events: 1, Position: p})
	return err
}

// ackStale records an ack for a commit on the last version but one. The header of
// its event names the last version.
func ackStale(ctx context.Context, c *client) error {
	at, err := c.commitValid(ctx, 2)
	if err != nil {
		return err
	}
	call := c.recorder.now()
	p, err := c.publishForged(ctx, history.CommitHeader{ID: "STALE", Count: 1, Total: 1, Previous: at[1]}, "forged", "")
	c.record("forged", call, history.Acked, history.Part{Expected: at[0], Events: 1, Position: p})
	return err
}

func reuseID(ctx context.Context, c *client) error {
	previous := uint64(0)
	for i := range 2 {
		op, call := fmt.Sprintf("forged-%d", i), c.recorder.now()
		p, err := c.publishForged(ctx, history.CommitHeader{ID: "REUSED", Count: 1, Total: 1, Previous: previous}, op, strconv.FormatUint(previous, 10))
		if err != nil {
			return err
		}
		c.record(op, call, history.Acked, history.Part{Expected: previous, Events: 1, Position: p})
		previous = p
	}
	return nil
}

func tear(ctx context.Context, c *client) error {
	call, expected := c.recorder.now(), uint64(0)
	for i := range 2 {
		p, err := c.publishForged(ctx, history.CommitHeader{ID: "TORN", Index: i, Count: 3, Total: 3}, "forged", strconv.FormatUint(expected, 10))
		if err != nil {
			return err
		}
		expected = p
	}
	c.record("forged", call, history.Ambiguous, history.Part{Events: 3})
	return nil
}

func commitOne(ctx context.Context, c *client) error {
	_, err := c.commitValid(ctx, 1)
	return err
}

// repeatOutput records an output of the reactor again.
func repeatOutput(ctx context.Context, c *client) error {
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
	return errors.New("the reactor has recorded no output")
}
