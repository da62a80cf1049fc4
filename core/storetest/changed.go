package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/jetsource/jetsource/core"
)

// Events that some encodings would change, lose or never read again.
type (
	worded    struct{ Text string }
	secretive struct {
		Number int64
		secret string
	}
	signed struct{ By fmt.Stringer }
	linked struct{ Next *linked }
	dated  struct{ At time.Time }
)

func (worded) EventKind() string    { return "storetest.worded" }
func (secretive) EventKind() string { return "storetest.secretive" }
func (signed) EventKind() string    { return "storetest.signed" }
func (linked) EventKind() string    { return "storetest.linked" }
func (dated) EventKind() string     { return "storetest.dated" }

// fragile are events that a store gives back as they are, or refuses.
func fragile() []core.Event {
	loop := &linked{}
	loop.Next = loop
	return []core.Event{
		worded{"a\xffb"},
		secretive{1, "s"},
		signed{time.Second},
		*loop,
		dated{time.Date(1850, 1, 1, 0, 0, 0, 0, time.FixedZone("LMT", 53*60+28))},
	}
}

// changedRefused checks that no event comes back as another one.
func (s *rules[ID, Pos, M]) changedRefused(t *testing.T) {
	p := s.open(t)
	for i, bad := range fragile() {
		key := s.key(i)
		_, err := core.CommitEvents(t.Context(), p.store, key, []core.Event{noted{Number: 1}, bad}, s.Metadata(0))
		if err == nil {
			s.wantSame(p, key, bad)
			continue
		}
		fault, ok := errors.AsType[*core.EncodeError](err)
		if !ok || fault.Index != 1 || fault.Kind != bad.EventKind() {
			t.Errorf("%s: got the error %v, want an EncodeError of event 1", bad.EventKind(), err)
		}
		p.wantVersion(key, core.Version[Pos]{})
	}
}

// wantSame checks that the last event of an aggregate is one that was committed.
func (s *rules[ID, Pos, M]) wantSame(p *probe[ID, Pos, M], key core.Key[ID], want core.Event) {
	p.Helper()
	for stored, err := range p.store.LoadEvents(p.Context(), core.Filter[ID, Pos]{Aggregate: &key, EventKind: want.EventKind()}) {
		back := reflect.New(reflect.TypeOf(want))
		if err == nil {
			err = p.store.DecodeEvent(stored, back.Interface())
		}
		got := back.Elem().Interface()
		if d, ok := got.(dated); ok && d.At.Equal(want.(dated).At) {
			continue
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			p.Errorf("%s was taken and came back as %+v, error %v", want.EventKind(), got, err)
		}
	}
}
