package reactor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jetsource/jetsource/core"
)

// maxTimerName is the length in bytes of the longest name of a timer.
const maxTimerName = 255

// SetTimer sets a timer of the aggregate whose event, or timer, is being reacted to: ctx is
// that of the reaction. When it is due, the handler that [Due] made for the type of event is
// called with it. A timer of the aggregate with this name that is pending is replaced, which
// is how one is moved. The timer is recorded in one commit with the outputs of the reaction
// and its progress, and set only if the reaction succeeds.
//
// A timer fires at due or later by the clock of the process that runs its partition, at once
// if due is past. SetTimer returns a [TimerError] for a time that cannot be stored, from the
// year 10000 on; for a name that is empty, not UTF-8 or longer than 255 bytes; for an event
// that cannot be encoded, or that the reactor has no handler for; and outside of a reaction.
func SetTimer(ctx context.Context, name string, due time.Time, event core.Event) error {
	return changeTimer(ctx, name, func(t *turn) (*timer, error) {
		if year := due.UTC().Year(); year < 0 || year > 9999 {
			return nil, fmt.Errorf("year %d cannot be stored", year)
		}
		set := &timer{Kind: t.kind, ID: t.id, Name: name, Due: due.UTC().Round(0), SetBy: t.eventID}
		return set, t.encode(event, set)
	})
}

// CancelTimer cancels the timer with a name of the aggregate whose event, or timer, is being
// reacted to, if it is pending. See [SetTimer].
func CancelTimer(ctx context.Context, name string) error {
	return changeTimer(ctx, name, func(*turn) (*timer, error) { return nil, nil })
}

func changeTimer(ctx context.Context, name string, make func(*turn) (*timer, error)) error {
	t, ok := ctx.Value(turnKey{}).(*turn)
	if !ok {
		return &TimerError{Name: name, Err: errNoReaction}
	}
	if err := checkTimerName(name); err != nil {
		return &TimerError{Name: name, Err: &core.NameError{What: "timer", Name: name, Err: err}}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return &TimerError{Name: name, Err: errNoReaction}
	}
	set, err := make(t)
	if err == nil {
		err = t.err
	}
	if err != nil {
		return &TimerError{Name: name, Err: err}
	}
	t.changes = append(t.changes, timerChange{id: timerID(t.kind, t.id, name), set: set})
	return nil
}

// errNoReaction says that a timer was set or cancelled outside of a reaction.
var errNoReaction = errors.New("the context is not that of a reaction, or it has ended")

func checkTimerName(name string) error {
	switch {
	case name == "":
		return errors.New("it is empty")
	case len(name) > maxTimerName:
		return fmt.Errorf("it has %d bytes, and at most %d are allowed", len(name), maxTimerName)
	case !utf8.ValidString(name):
		return errors.New("it is not UTF-8")
	}
	return nil
}

// turn collects the timers that a reaction sets and cancels.
type turn struct {
	kind    string          // of the aggregate
	id      json.RawMessage // of the aggregate
	eventID string
	encode  func(core.Event, *timer) error
	err     error // why there can be no timers

	mu      sync.Mutex // guards the fields below
	changes []timerChange
	ended   bool
}

type turnKey struct{}

func (w *Worker[ID, Pos, M]) newTurn(e *core.Envelope[ID, Pos, M]) *turn {
	t := &turn{kind: e.Key.Kind, eventID: e.EventID()}
	t.id, t.err = json.Marshal(e.Key.ID)
	t.encode = func(event core.Event, into *timer) error {
		if event == nil || !w.reactor.timers.Handles(event.EventKind(), e.Key) {
			return fmt.Errorf("%T: %w", event, core.ErrUnknownEvent)
		}
		stored, err := w.store.EncodeEvent(event)
		into.Event, into.Codec, into.Data = stored.Kind, stored.Codec, stored.Data
		return err
	}
	return t
}

// end returns what the reaction asked for. It can ask for no more.
func (t *turn) end() []timerChange {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	return t.changes
}
