package conn

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// State asks the stream's leader how far the stream goes. A stream that keeps
// everything and has lost a message is a [wire.HoleError].
func (c *Conn) State(ctx context.Context) (*wire.State, error) {
	state, err := c.state(ctx, nil)
	if err != nil || state.Lost() == 0 {
		return state, err
	}
	if state, err = c.state(ctx, []byte(`{"deleted_details":true}`)); err != nil || state.Lost() == 0 {
		return state, err
	}
	return state, state.Hole(c.Stream, c.Lost)
}

// Subjects asks the stream's leader for the subjects on a filter; false if there are more
// than [wire.MaxSubjects].
func (c *Conn) Subjects(ctx context.Context, filter string) (map[string]uint64, bool, error) {
	body, err := json.Marshal(map[string]string{"subjects_filter": filter})
	if err != nil {
		return nil, false, err
	}
	state, err := c.state(ctx, body)
	if err != nil {
		return nil, false, err
	}
	return state.Subjects, len(state.Subjects) >= state.Total, nil
}

func (c *Conn) state(ctx context.Context, body []byte) (state *wire.State, err error) {
	err = c.persist(ctx, func(ctx context.Context, wait time.Duration) error {
		a := c.inbox.open()
		defer a.close()
		if err := c.nc.PublishRequest(c.APIPrefix+"STREAM.INFO."+c.Stream, a.reply(), body); err != nil {
			return err
		}
		msgs, err := a.take(ctx, wait)
		if err != nil {
			return err
		}
		state, err = wire.StreamState(msgs[0])
		return err
	})
	return state, err
}

// LastMessages returns the leader's last message on each filter, all asked for at
// once; nil where there is none.
func (c *Conn) LastMessages(ctx context.Context, filters ...string) (last []*wire.Message, err error) {
	err = c.persist(ctx, func(ctx context.Context, wait time.Duration) (err error) {
		last, err = c.lastMessages(ctx, filters, wait)
		return err
	})
	return last, err
}

// Messages returns the leader's messages at some positions, all asked for at once; nil
// where there is none.
func (c *Conn) Messages(ctx context.Context, from, to uint64) (all []*wire.Message, err error) {
	requests := make([]wire.GetRequest, 0, to-from+1)
	for seq := from; seq <= to; seq++ {
		requests = append(requests, wire.GetRequest{Seq: seq})
	}
	err = c.persist(ctx, func(ctx context.Context, wait time.Duration) (err error) {
		all, err = c.messages(ctx, requests, wait)
		return err
	})
	return all, err
}

// GapEntries returns the entries, as the leader has them, that name gaps among the
// messages of one aggregate: at most one of each kind.
func (c *Conn) GapEntries(ctx context.Context, filter string) ([]*wire.Message, error) {
	entries, err := c.LastMessages(ctx, wire.GapSubjects(filter)...)
	return slices.DeleteFunc(entries, func(m *wire.Message) bool { return m == nil }), err
}

func (c *Conn) lastMessages(ctx context.Context, filters []string, wait time.Duration) ([]*wire.Message, error) {
	requests := make([]wire.GetRequest, len(filters))
	for i, f := range filters {
		requests[i].LastFor = f
	}
	return c.messages(ctx, requests, wait)
}

func (c *Conn) messages(ctx context.Context, requests []wire.GetRequest, wait time.Duration) ([]*wire.Message, error) {
	calls := make([]*Call, 0, len(requests))
	defer func() {
		for _, call := range calls {
			call.Close()
		}
	}()
	for _, r := range requests {
		call, err := c.CallLeader(r)
		if err != nil {
			return nil, err
		}
		calls = append(calls, call)
	}
	all := make([]*wire.Message, len(requests))
	for i, call := range calls {
		var err error
		if all[i], err = call.Message(ctx, wait); err != nil {
			return nil, err
		}
	}
	return all, nil
}
