package ui

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/checkup"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// store tells what the page is about.
func (s *server) store(ctx context.Context, l *rawlog.Log, _ url.Values) (any, error) {
	i := l.Info()
	first, last, err := l.Span(ctx)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"stream": i.Config.Name, "store": l.StoreID(), "prefix": l.Prefix(), "server": l.Server(), "replicas": i.Config.Replicas,
		"messages": i.State.Msgs, "head": i.State.LastSeq, "size": view.Size(i.State.Bytes), "first": first, "last": last,
		"write": s.token != "",
	}, nil
}

// historyPage is how many events of an aggregate are sent at once.
const historyPage = 100

// history returns the events of an aggregate from a position on, and where to go on.
func (s *server) history(ctx context.Context, l *rawlog.Log, q url.Values) (any, error) {
	from, err := number(q, "from")
	if err != nil {
		return nil, err
	}
	if !q.Has("kind") || !q.Has("id") {
		return nil, &requestError{http.StatusBadRequest, "of which aggregate? it needs a kind and an id"}
	}
	filter, err := l.Aggregate(q.Get("kind"), q.Get("id"))
	if err != nil {
		return nil, &requestError{http.StatusBadRequest, err.Error()}
	}
	gaps, err := view.Gaps(ctx, l)
	if err != nil {
		return nil, err
	}
	events, next := []line{}, uint64(0)
	for m, err := range l.Read(ctx, filter, from, l.Info().State.LastSeq) {
		if err != nil {
			return nil, err
		}
		if wire.IsSystem(m.Subject) {
			continue
		}
		if len(events) == historyPage {
			next = m.Seq
			break
		}
		events = append(events, newLine(m, gaps))
	}
	if len(events) == 0 && from == 0 {
		return nil, &requestError{http.StatusNotFound, "this aggregate has no events"}
	}
	return map[string]any{"events": events, "next": next}, nil
}

// event returns the message at a position, with all that it holds.
func (s *server) event(ctx context.Context, l *rawlog.Log, q url.Values) (any, error) {
	at, err := number(q, "at")
	if err != nil {
		return nil, err
	}
	gaps, err := view.Gaps(ctx, l)
	if err != nil {
		return nil, err
	}
	m, err := l.At(ctx, at)
	if err != nil {
		return nil, err
	}
	if m != nil {
		return newFull(m, gaps), nil
	}
	return nil, &requestError{http.StatusNotFound, fmt.Sprintf("there is no message at position %d", at)}
}

// gaps returns what readers pass over.
func (s *server) gaps(ctx context.Context, l *rawlog.Log, _ url.Values) (any, error) {
	gaps, err := view.Gaps(ctx, l)
	return append([]wire.Gap{}, gaps...), err
}

// health returns what doctor says.
func (s *server) health(ctx context.Context, l *rawlog.Log, _ url.Values) (any, error) {
	return checkup.Check(ctx, l), nil
}
