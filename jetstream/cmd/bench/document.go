package main

import (
	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

// document is a state that counts its events.
type document struct{ Changes int }

// Clone returns a copy.
func (d document) Clone() document { return d }

var documents = core.DefineAggregate("document", core.On(func(d *document, _ changed) { d.Changes++ }))

// record returns a command that records events.
func record(events ...core.Event) core.Command[document] {
	return core.CommandFunc[document](func(document) ([]core.Event, error) { return events, nil })
}

type repository = core.Repository[document, string, uint64, string]

func newRepository(s *store) *repository {
	return core.NewRepository(s, documents).WithMetadata(author)
}

// withCache keeps states in memory. They are copied by the method Clone.
func withCache(r *repository) *repository { return r.WithCache(core.Cache[document]{Size: 10_000}) }

// withCodecCache keeps states in memory. They are copied by encoding and decoding
// them.
func withCodecCache(r *repository) *repository {
	return r.WithCache(core.Cache[document]{Size: 10_000, Copy: codec.Copier[document](codec.JSON)})
}
