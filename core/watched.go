package core

import (
	"context"
	"log/slog"
	"slices"

	"github.com/jetsource/jetsource/core/internal/fold"
)

// This file is for authors of stores, and of what runs on them.

// WatchedStore is a store that was given what logs and observes for all that uses it. A
// store without these methods logs to [slog.Default] and is not observed.
type WatchedStore interface {
	// Logger returns what receives the faults that are recovered from; nil for
	// [slog.Default].
	Logger() *slog.Logger
	// Observer returns what is told of all work; nil for nothing.
	Observer() *Observer
}

// LoggerOf returns what a store's users log to.
func LoggerOf(store any) *slog.Logger {
	if s, ok := store.(WatchedStore); ok && s.Logger() != nil {
		return s.Logger()
	}
	return slog.Default()
}

// noObserver has no hooks.
var noObserver Observer

// ObserverOf returns what observes a store's users: never nil.
func ObserverOf(store any) *Observer {
	if s, ok := store.(WatchedStore); ok && s.Observer() != nil {
		return s.Observer()
	}
	return &noObserver
}

// BeginCommit calls [Observer.Commit]. A store calls it first in its Commit, goes on with
// the context, and calls the function when the commit has ended. The observer may be nil.
func BeginCommit[ID, Pos comparable, M any](ctx context.Context, o *Observer, commits []Commit[ID, Pos, M]) (context.Context, func(error)) {
	if o == nil || o.Commit == nil {
		return ctx, noEnd
	}
	var s CommitSummary
	for _, c := range commits {
		s.Targets = append(s.Targets, c.Target())
		s.Events += len(c.Events)
		for _, e := range c.Events {
			if fold.Nil(e) == "" && !slices.Contains(s.Kinds, e.EventKind()) {
				s.Kinds = append(s.Kinds, e.EventKind())
			}
		}
	}
	return o.Commit(ctx, s)
}

func noEnd(error) {}
