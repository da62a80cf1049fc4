package jetstream

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/jetsource/jetsource/jetstream/internal/reader"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// IDs yields the ids of the aggregates of a kind, in no order that means anything. In a
// stream with up to 100,000 subjects, of any kind, they come from the server's list of
// subjects. In a larger one the events of the kind are read, and none of them is kept:
// the first event of an aggregate is the one that names no event before it.
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
	gapped, err := s.gapped(ctx, v)
	if err != nil {
		return err
	}
	if v.Subjects > 0 {
		subjects, all, err := s.stream.conn.Subjects(ctx, s.subjects.Pattern("", token+".*"))
		if err != nil {
			return err
		}
		if all {
			return s.idsOfSubjects(ctx, token, subjects, gapped, yield)
		}
	}
	return s.idsOfEvents(ctx, token, v, gapped, yield)
}

// idsOfSubjects yields ids that the server's list of subjects has.
func (s *Store[ID, M]) idsOfSubjects(ctx context.Context, token string, subjects map[string]uint64, gapped map[string]bool, yield func(ID, error) bool) error {
	known := make(map[string]bool) // an aggregate has a subject for each kind of event
	for subject := range subjects {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		key, _, system, err := s.subjects.Parse(subject)
		if err != nil {
			return fmt.Errorf("subject %s: %w", subject, err)
		}
		aggregate := subject[strings.LastIndexByte(subject, '.')+1:]
		if system || known[aggregate] {
			continue
		}
		known[aggregate] = true
		if gapped[token+"."+aggregate] {
			// Its messages may all be void.
			if v, err := s.Version(ctx, key); err != nil {
				return err
			} else if v.IsZero() {
				continue
			}
		}
		if !yield(key.ID, nil) {
			return nil
		}
	}
	return nil
}

// idsOfEvents yields ids that events up to the end of a view have.
func (s *Store[ID, M]) idsOfEvents(ctx context.Context, token string, v reader.View, gapped map[string]bool, yield func(ID, error) bool) error {
	known := make(map[string]bool) // ids that were yielded, where the first event cannot be told by itself
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
