package jetstream

import (
	"context"
	"iter"
	"strings"

	"github.com/jetsource/jetsource/jetstream/internal/reader"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// IDs yields the ids of the aggregates of a kind, those with the oldest events
// first. It reads the events of the kind, and keeps none of them: the first event
// of an aggregate is the one that names no event before it.
func (s *Store[ID, M]) IDs(ctx context.Context, aggregateKind string) iter.Seq2[ID, error] {
	return func(yield func(ID, error) bool) {
		if err := s.ids(ctx, aggregateKind, yield); err != nil {
			var none ID
			yield(none, err)
		}
	}
}

func (s *Store[ID, M]) ids(ctx context.Context, kind string, yield func(ID, error) bool) error {
	if err := s.stream.conn.Usable(ctx); err != nil {
		return err
	}
	token, err := s.subjects.AggregateKind(kind)
	if err != nil {
		return err
	}
	v, err := s.stream.reader.View(ctx)
	if err != nil || v.Head == 0 {
		return err
	}
	known := make(map[string]bool) // ids that were yielded, where the first event cannot be told by itself
	gapped, err := s.gapped(ctx, v)
	if err != nil {
		return err
	}
	for m, err := range s.stream.reader.History(ctx, []string{s.subjects.Pattern("", token+".*")}, 1, v) {
		if err != nil {
			return err
		}
		tokens := strings.Split(m.Subject, ".")
		if len(tokens) != 4 || tokens[2] != token {
			continue // a scan may yield more than was asked for
		}
		id := tokens[3]
		if known[id] || follows(m) && !gapped[tokens[2]+"."+id] {
			continue
		}
		e, ok, err := s.decode(m)
		if err != nil {
			return err
		}
		if h, _ := m.Commit(); h == nil || gapped[tokens[2]+"."+id] {
			known[id] = true
		}
		if ok && !yield(e.Key.ID, nil) {
			return nil
		}
	}
	return nil
}

// gapped returns the tokens of the aggregates with messages that readers pass over:
// their first event may name one of those before it.
func (s *Store[ID, M]) gapped(ctx context.Context, v reader.View) (map[string]bool, error) {
	if len(v.Gaps) == 0 {
		return nil, nil
	}
	entries, err := s.stream.reader.GapEntries(ctx)
	gapped := make(map[string]bool, len(entries))
	for _, m := range entries {
		_, aggregate, _ := strings.Cut(strings.TrimPrefix(m.Subject, s.subjects.Prefix+"."), ".")
		gapped[aggregate] = true
	}
	return gapped, err
}

// follows reports whether a message names an event of its aggregate before it.
func follows(m *wire.Message) bool {
	h, err := m.Commit()
	return err == nil && h != nil && (h.Previous > 0 || h.Index > 0)
}
