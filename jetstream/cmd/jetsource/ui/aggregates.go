package ui

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

const (
	idsPage = 50
	// mostSubjects is how many subjects a store may have for its aggregates to be listed:
	// each list walks over all of them. They can still be opened by kind and id.
	mostSubjects = 500_000
	keepSubjects = 3 * time.Second
)

// listing keeps the subjects that were read last, for the pages of one list.
type listing struct {
	mu       sync.Mutex // guards the rest
	filter   string
	read     time.Time
	subjects map[string]uint64
}

func (k *listing) get(ctx context.Context, l *rawlog.Log, filter string) (map[string]uint64, error) {
	if l.Info().State.NumSubjects > mostSubjects {
		return nil, &requestError{http.StatusRequestEntityTooLarge, "the store has too many aggregates to list them; open one by its kind and id"}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.filter != filter || time.Since(k.read) > keepSubjects {
		subjects, err := l.Subjects(ctx, filter)
		if err != nil {
			return nil, err
		}
		maps.DeleteFunc(subjects, func(s string, _ uint64) bool { return strings.Count(s, ".") != 3 || wire.IsSystem(s) })
		k.filter, k.read, k.subjects = filter, time.Now(), subjects
	}
	return k.subjects, nil
}

// kinds counts the events of each kind, and the aggregates of each kind.
func (s *server) kinds(ctx context.Context, l *rawlog.Log, _ url.Values) (any, error) {
	subjects, err := s.listed.get(ctx, l, l.Prefix()+".*.*.*")
	if err != nil {
		return nil, err
	}
	events, ids := make(map[string]uint64), make(map[string]map[string]bool)
	for subject, n := range subjects {
		tokens := strings.Split(subject, ".")
		events[view.Name(tokens[1])] += n
		kind := view.Name(tokens[2])
		if ids[kind] == nil {
			ids[kind] = make(map[string]bool)
		}
		ids[kind][tokens[3]] = true
	}
	aggregates := make(map[string]int)
	for kind, of := range ids {
		aggregates[kind] = len(of)
	}
	return map[string]any{"events": events, "aggregates": aggregates}, nil
}

// aggregates returns a page of the ids of a kind that hold a text, in order, and how many
// there are.
func (s *server) aggregates(ctx context.Context, l *rawlog.Log, q url.Values) (any, error) {
	from, err := number(q, "from")
	if err != nil {
		return nil, err
	}
	filter, err := l.Filter("", q.Get("kind"), nil)
	if err != nil || q.Get("kind") == "" {
		return nil, &requestError{http.StatusBadRequest, "of which kind?"}
	}
	subjects, err := s.listed.get(ctx, l, filter)
	if err != nil {
		return nil, err
	}
	text, found := strings.ToLower(q.Get("search")), make(map[string]bool)
	for subject := range subjects {
		if id := view.Name(subject[strings.LastIndexByte(subject, '.')+1:]); strings.Contains(strings.ToLower(id), text) {
			found[id] = true
		}
	}
	ids := slices.Sorted(maps.Keys(found))
	begin := min(from, uint64(len(ids)))
	return map[string]any{"ids": append([]string{}, ids[begin:min(begin+idsPage, uint64(len(ids)))]...), "total": len(ids)}, nil
}
