package ui

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// What the page knows of reactors is in this file: entries of the log, whose data it shows
// as it is.

// reactor is what the log says of a reactor.
type reactor struct {
	Name     string    `json:"name"`
	Position uint64    `json:"position"` // of its last entry
	Time     time.Time `json:"time"`
	Lag      *uint64   `json:"lag,omitempty"` // events that it has not passed, at most; nil if that is not in the entry
	Data     string    `json:"data"`
	Parked   []parked  `json:"parked"`
}

// parked is an event that a reactor has parked.
type parked struct {
	Position uint64 `json:"position"`
	Data     string `json:"data"`
}

// reactors returns all reactors, with what they have parked.
func (s *server) reactors(ctx context.Context, l *rawlog.Log, _ url.Values) (any, error) {
	entries, err := l.Last(ctx, l.Prefix()+".*._reactor.*")
	if err != nil {
		return nil, err
	}
	waiting, err := allParked(ctx, l)
	if err != nil {
		return nil, err
	}
	all := []reactor{}
	for _, m := range entries {
		name := view.NewRecord(m).ID
		r := reactor{Name: name, Position: m.Seq, Time: m.Time, Data: pretty(m.Data), Parked: append([]parked{}, waiting[name]...)}
		var progress struct {
			Processed *uint64 `json:"processed"`
		}
		if json.Unmarshal(m.Data, &progress) == nil && progress.Processed != nil {
			if r.Lag, err = lag(ctx, l, *progress.Processed); err != nil {
				return nil, err
			}
		}
		all = append(all, r)
	}
	return all, nil
}

// lag counts the events after a position. Where there are many, entries count too.
func lag(ctx context.Context, l *rawlog.Log, after uint64) (*uint64, error) {
	const exact = 1000
	end := l.Info().State.LastSeq
	n := end - min(end, after)
	if n > exact {
		return &n, nil
	}
	n = 0
	for m, err := range l.Read(ctx, l.Prefix()+".>", after+1, end) {
		if err != nil {
			return nil, err
		}
		if !wire.IsSystem(m.Subject) {
			n++
		}
	}
	return &n, nil
}

// allParked returns what is parked, by reactor.
func allParked(ctx context.Context, l *rawlog.Log) (map[string][]parked, error) {
	all := make(map[string][]parked)
	for m, err := range l.Read(ctx, l.Prefix()+".*._parked.*", 1, l.Info().State.LastSeq) {
		if err != nil {
			return nil, err
		}
		var event struct {
			Position uint64 `json:"position"`
		}
		if err := json.Unmarshal(m.Data, &event); err != nil {
			continue // another layout
		}
		r := view.NewRecord(m)
		kept := all[r.ID][:0]
		for _, p := range all[r.ID] {
			if p.Position != event.Position {
				kept = append(kept, p)
			}
		}
		if !strings.HasPrefix(r.Kind, "replayed") {
			kept = append(kept, parked{event.Position, pretty(m.Data)})
		}
		all[r.ID] = kept
	}
	return all, nil
}
