package ui

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/steer"
)

const (
	// mostListed is how many parked events and timers of a reactor are sent.
	mostListed = 100
	// replayWait is how long a replay is waited for.
	replayWait = 15 * time.Second
)

// withReactors calls fn with the reactors of the store.
func (s *server) withReactors(ctx context.Context, l *rawlog.Log, write bool, fn func(*steer.Reactors) error) error {
	r, err := steer.Open(ctx, steer.Config{Conn: s.Conn, Log: l, Domain: s.Domain, Leases: s.Leases, Write: write})
	if err != nil {
		return err
	}
	return errors.Join(fn(r), r.Close())
}

// reactors returns how all reactors do, with what they have parked and their timers.
func (s *server) reactors(ctx context.Context, l *rawlog.Log, _ url.Values) (any, error) {
	all := []steer.Details{}
	err := s.withReactors(ctx, l, false, func(r *steer.Reactors) error {
		return r.Each(ctx, "", func(name string) error {
			d, err := r.Show(ctx, name)
			d.ParkedEvents = d.ParkedEvents[:min(len(d.ParkedEvents), mostListed)]
			d.PendingTimers = d.PendingTimers[:min(len(d.PendingTimers), mostListed)]
			all = append(all, d)
			return err
		})
	})
	return all, err
}

// order is what is to be done with a reactor.
type order struct {
	Reactor  string `json:"reactor"`
	Verb     string `json:"verb"`     // pause, resume, skip, replay or discard
	Position uint64 `json:"position"` // of the event to skip
	ID       string `json:"id"`       // of what is parked
}

// steer does what the page has asked for with a reactor, if it may.
func (s *server) steer(w http.ResponseWriter, r *http.Request) {
	var o order
	if err := s.readOrder(w, r, &o); err != nil {
		fail(w, err)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), answerTimeout)
	defer cancel()
	l, err := s.open(ctx)
	said := ""
	if err == nil {
		err = s.withReactors(ctx, l, true, func(r *steer.Reactors) (err error) { said, err = o.do(ctx, r); return err })
	}
	if err != nil {
		fail(w, err)
		return
	}
	reply(w, http.StatusOK, map[string]string{"said": said})
}

// do carries the order out, and says what came of it.
func (o *order) do(ctx context.Context, r *steer.Reactors) (said string, err error) {
	switch {
	case o.Verb == "pause":
		return "Its workers stop within seconds.", r.Pause(ctx, o.Reactor)
	case o.Verb == "resume":
		return "Its workers go on within seconds.", r.Resume(ctx, o.Reactor)
	case o.Verb == "skip" && o.Position > 0:
		_, err = r.Skip(ctx, o.Reactor, o.Position)
		return "It is passed over within seconds.", err
	case o.Verb == "discard" && o.ID != "":
		return "It is not parked any more.", r.Discard(ctx, o.Reactor, o.ID, func(steer.Parked) error { return nil })
	case o.Verb == "replay" && o.ID != "":
		err = r.Replay(ctx, o.Reactor, o.ID, replayWait, func(one steer.Replay) error {
			if said = "It was replayed."; !one.Replayed {
				said = "It stays parked: " + one.Why()
			}
			return nil
		})
		return said, err
	}
	return "", &requestError{http.StatusBadRequest, "there is no such order"}
}
