package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

// writers are commits by many at once, of one event and of several, to several
// aggregates and by every way there is. They call joined now and then, at the
// same time.
func (p *probe[ID, Pos, M]) writers(joined func()) error {
	const count, each = 8, 12
	return suite.Race(count, func(i int) error {
		for n := range each {
			numbers := numbered(i, n)
			var err error
			if p.atomic() && n%4 == 3 {
				_, err = p.record(p.Context(),
					core.Commit[ID, Pos, M]{Key: p.key(i % 3), Unchecked: true, Events: notes(numbers...), Metadata: p.Metadata(0)},
					core.Commit[ID, Pos, M]{Key: p.key(3), Unchecked: true, Events: []core.Event{counted{numbers[0]}}, Metadata: p.Metadata(0)},
				)
			} else {
				_, err = core.CommitEvents(p.Context(), p.store, p.key((i+n)%4), notes(numbers...), p.Metadata(0))
			}
			if err != nil {
				return err
			}
			if n%4 == i%4 {
				joined()
			}
		}
		return nil
	})
}

func (s *rules[ID, Pos, M]) followTogether(t *testing.T) {
	p, key := s.open(t), s.key(0)
	p.needSubscribable()
	p.commit(key, notes(1)...)
	var followers []*follower[ID, Pos, M]
	for range 5 {
		followers = append(followers, p.follow(nil, core.Filter[ID, Pos]{}), p.follow(nil, core.Filter[ID, Pos]{Aggregate: &key}))
	}
	p.commit(key, notes(2, 3)...)
	followers[0].await(3)
	followers[0].stop("one of several")
	p.commit(key, notes(4)...)
	for _, f := range followers[1:] {
		f.want("one of several subscriptions", 1, 2, 3, 4)
	}
}

func (s *rules[ID, Pos, M]) followOwnCommits(t *testing.T) {
	p := s.open(t)
	p.needSubscribable()
	p.commit(s.key(0), notes(0)...)
	for _, filter := range []core.Filter[ID, Pos]{{}, {EventKind: notedKind}} {
		var failed error
		last := int64(len(p.load(filter)) + 5)
		ctx, cancel := context.WithTimeout(t.Context(), promptness)
		count := int64(0)
		for _, err := range p.needSubscribable().Subscribe(ctx, filter) {
			if failed = err; err != nil {
				break
			}
			if count++; count == last {
				break
			}
			if _, failed = core.CommitEvents(ctx, p.store, s.key(int(count)%3), notes(count), s.Metadata(0)); failed != nil {
				break
			}
		}
		cancel()
		if failed != nil || count != last {
			t.Errorf("a loop that commits gave %d of %d events, error %v", count, last, failed)
		}
	}
}

func (s *rules[ID, Pos, M]) followIdle(t *testing.T) {
	p, key := s.open(t), s.key(0)
	p.needSubscribable()
	p.commit(key, notes(1)...)
	all, kind, one := p.follow(nil, core.Filter[ID, Pos]{}), p.follow(nil, core.Filter[ID, Pos]{EventKind: notedKind}), p.follow(nil, core.Filter[ID, Pos]{Aggregate: &key})
	want := []int64{1}
	for n := range int64(2) {
		for _, f := range []*follower[ID, Pos, M]{all, kind, one} {
			f.want("a subscription that is idle", want...)
		}
		<-time.After(idleness)
		p.commit(key, notes(n+2)...)
		want = append(want, n+2)
	}
	for _, f := range []*follower[ID, Pos, M]{all, kind, one} {
		f.want("a subscription that was idle", want...)
		f.stop("a subscription that was idle")
	}
}
