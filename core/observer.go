package core

import (
	"context"
	"fmt"
	"time"
)

// Observer is told what a store does, and what the repositories, projections, reactors
// and read models on it do. It is given once, where the store is opened. Package core/otel
// makes one of OpenTelemetry.
//
// A hook that is nil costs nothing. The hook of something that takes time is called when
// that begins. It returns the context to go on with, and a function that is called when it
// has ended; neither may be nil. Hooks are called by many goroutines at once, and whatever
// they observe waits for them.
type Observer struct {
	// Command observes a command of a [Repository] or a call of [Transact], with all its
	// attempts.
	Command func(ctx context.Context, c CommandInfo) (context.Context, func(err error))
	// Load observes an aggregate that is loaded.
	Load func(ctx context.Context, l LoadInfo) (context.Context, func(LoadEnd))
	// Commit observes a call of the store's Commit. An error that matches
	// [ErrConflict] says that another writer was faster.
	Commit func(ctx context.Context, c CommitSummary) (context.Context, func(err error))
	// Snapshot observes a snapshot that is loaded, or offered.
	Snapshot func(ctx context.Context, s SnapshotInfo) (context.Context, func(SnapshotEnd))
	// Fold observes an event that a live projection has folded.
	Fold func(ctx context.Context, f Fold)
	// React observes an attempt of a reactor to react to an event and to record the outputs.
	React func(ctx context.Context, r ReactionInfo) (context.Context, func(err error))
	// Apply observes a transaction that applies events to a read model.
	Apply func(ctx context.Context, a ApplyInfo) (context.Context, func(ApplyEnd))
	// Fault observes a failure, and what is done about it.
	Fault func(ctx context.Context, f Fault)
}

// CommandInfo is what [Observer.Command] is told.
type CommandInfo struct {
	Verb      string // "create", "update", "upsert", "decide" or "transact"
	Aggregate string // its kind; empty for "transact"
	ID        string // as text; empty for "transact"
	Command   string // its Go type; empty for "transact"
}

// LoadInfo is what [Observer.Load] is told.
type LoadInfo struct {
	Aggregate string // its kind
	ID        string // as text
}

// LoadEnd says how a load ended.
type LoadEnd struct {
	Events int    // that were read and folded
	From   string // what it started from: "cache", "snapshot", or "" for the first event
	Err    error
}

// CommitSummary is what [Observer.Commit] is told.
type CommitSummary struct {
	Targets []string // "kind id" of each aggregate and entry, guards included
	Kinds   []string // of the events, each once
	Events  int
}

// SnapshotInfo is what [Observer.Snapshot] is told.
type SnapshotInfo struct {
	Verb string // "load" or "offer"
	Role SnapshotRole
	Kind string // of the aggregate or projection
}

// SnapshotEnd says how the load or offer of a snapshot ended.
type SnapshotEnd struct {
	Done bool // one was found, or stored
	Err  error
}

// EventInfo is what hooks are told of an event.
type EventInfo struct {
	Kind     string
	Key      fmt.Stringer // a [Key]
	Position any
	Time     time.Time // when it was recorded
	Origin   Origin
}

// Info returns what hooks are told of the event.
func (e Envelope[ID, Pos, M]) Info() EventInfo {
	return EventInfo{Kind: e.Kind, Key: e.Key, Position: e.Position, Time: e.Time, Origin: e.Origin}
}

// Fold is what [Observer.Fold] is told.
type Fold struct {
	Projection string // its kind
	Event      EventInfo
	Took       time.Duration
	Err        error
}

// ReactionInfo is what [Observer.React] is told.
type ReactionInfo struct {
	Reactor string
	Event   EventInfo
	Attempt int // from 1
}

// ApplyInfo is what [Observer.Apply] is told.
type ApplyInfo struct {
	Model  string // and version: "orders v3"
	Events []EventInfo
}

// ApplyEnd says how a transaction of a read model ended.
type ApplyEnd struct {
	Events int // that were applied, the first ones
	Err    error
}

// Next says what is done about a fault.
type Next string

// What is done about a fault.
const (
	NextRetry Next = "retry"
	NextPark  Next = "park" // the event is parked
	NextSkip  Next = "skip" // the event is passed over
	NextStop  Next = "stop" // Run ends
)

// Fault is what [Observer.Fault] is told.
type Fault struct {
	Runner string // "aggregate", "transaction", "projection", "reactor" or "read model"
	Name   string // of the runner; of an aggregate its kind
	Next   Next
	Err    error
}
