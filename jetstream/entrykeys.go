package jetstream

import (
	"context"
	"iter"
	"strings"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
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
	pattern := s.subjects.Pattern("", kind+".*")
	known := make(map[string]bool) // a key has a subject for each kind of entry
	each := func(subject string) (bool, error) {
		token := subject[strings.LastIndexByte(subject, '.')+1:]
		if known[token] {
			return true, nil
		}
		known[token] = true
		key := core.EntryKey{Kind: kind}
		if key.Name, err = codec.DecodeToken(token); err != nil {
			return false, err
		}
		if len(v.Gaps) > 0 { // its entries may all be void
			if _, ok, err := s.LastEntry(ctx, key); err != nil || !ok {
				return err == nil, err
			}
		}
		return yield(key, nil), nil
	}
	if v.Subjects > 0 {
		subjects, all, err := s.stream.conn.Subjects(ctx, pattern)
		if err != nil {
			return err
		}
		if all {
			for subject := range subjects {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				if more, err := each(subject); err != nil || !more {
					return err
				}
			}
			return nil
		}
	}
	for m, err := range s.stream.reader.History(ctx, []string{pattern}, 1, v) {
		if err != nil {
			return err
		}
		if !m.On(pattern) {
			continue // a scan may yield more than was asked for
		}
		if more, err := each(m.Subject); err != nil || !more {
			return err
		}
	}
	return nil
}
