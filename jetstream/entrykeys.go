package jetstream

import (
	"context"
	"iter"
	"strings"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/reader"
)

// EntryKeys yields the keys of a kind that have entries. As [Store.IDs] does, it asks for
// the server's list of subjects, and where that is too long it reads the entries.
func (s *Store[ID, M]) EntryKeys(ctx context.Context, kind string) iter.Seq2[core.EntryKey, error] {
	return func(yield func(core.EntryKey, error) bool) {
		if err := s.entryKeys(ctx, kind, yield); err != nil {
			yield(core.EntryKey{}, err)
		}
	}
}

func (s *Store[ID, M]) entryKeys(ctx context.Context, kind string, yield func(core.EntryKey, error) bool) error {
	if err := s.stream.conn.Usable(ctx); err != nil {
		return err
	}
	if _, err := s.subjects.Entries(core.EntryKey{Kind: kind, Name: "any"}); err != nil {
		return err
	}
	v, err := s.stream.reader.View(ctx)
	if err != nil || v.Head == 0 {
		return err
	}
	known := make(map[string]bool) // a key has a subject for each kind of entry
	for subject, err := range s.subjectsOn(ctx, s.subjects.Pattern("", kind+".*"), v) {
		if err != nil {
			return err
		}
		token := subject[strings.LastIndexByte(subject, '.')+1:]
		if known[token] {
			continue
		}
		known[token] = true
		key := core.EntryKey{Kind: kind}
		if key.Name, err = codec.DecodeToken(token); err != nil {
			return err
		}
		if len(v.Gaps) > 0 { // its entries may all be void
			if _, ok, err := s.LastEntry(ctx, key); err != nil {
				return err
			} else if !ok {
				continue
			}
		}
		if !yield(key, nil) {
			return nil
		}
	}
	return nil
}

// subjectsOn yields the subjects that a pattern selects: each once, from the server's
// list, or, where that is too long, that of each message.
func (s *Store[ID, M]) subjectsOn(ctx context.Context, pattern string, v reader.View) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if v.Subjects > 0 {
			subjects, all, err := s.stream.conn.Subjects(ctx, pattern)
			if err != nil {
				yield("", err)
				return
			}
			if all {
				yieldSubjects(ctx, subjects, yield)
				return
			}
		}
		for m, err := range s.stream.reader.History(ctx, []string{pattern}, 1, v) {
			switch {
			case err != nil:
				yield("", err)
				return
			case !m.On(pattern): // a scan may yield more than was asked for
			case !yield(m.Subject, nil):
				return
			}
		}
	}
}

func yieldSubjects(ctx context.Context, subjects map[string]uint64, yield func(string, error) bool) {
	for subject := range subjects {
		if ctx.Err() != nil {
			yield("", context.Cause(ctx))
			return
		}
		if !yield(subject, nil) {
			return
		}
	}
}
