package fakes

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"github.com/jetsource/jetsource/core"
)

// Text is metadata some of which cannot be decoded any more, as after a change of
// its type.
type Text string

// unreadable holds each Text that cannot be decoded.
var unreadable sync.Map

// ErrUnreadable is why a Text cannot be decoded.
var ErrUnreadable = errors.New("text has another type by now")

// UnmarshalJSON decodes a text, unless it was recorded by [CommitUnreadable].
func (t *Text) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, (*string)(t)); err != nil {
		return err
	}
	if _, ok := unreadable.Load(*t); ok {
		return ErrUnreadable
	}
	return nil
}

// CommitUnreadable commits events whose metadata cannot be decoded from then on.
func CommitUnreadable[ID, Pos comparable](t *testing.T, store core.EventStore[ID, Pos, Text], key core.Key[ID], events ...core.Event) {
	t.Helper()
	text := Text(rand.Text())
	if _, err := core.CommitEvents(t.Context(), store, key, events, text); err != nil {
		t.Fatal(err)
	}
	unreadable.Store(text, true)
}
