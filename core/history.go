package core

import "github.com/jetsource/jetsource/core/internal/fold"

// History is what an event was before: the kinds and payloads of old that are still
// in stores. An event tells it in a method, beside its kind, and whatever reads
// events keeps to it: aggregates, projections, reactors, [Repository.Events],
// [Decode] and [KindsOf].
//
//	func (Moved) EventKind() string { return "customer.moved.v3" }
//
//	func (Moved) EventHistory() core.History {
//		return core.History{
//			core.Was("customer.moved.v2", v2to3),          // func(movedV2) Moved
//			core.Was("customer.moved", v1to2),             // func(movedV1) movedV2
//			core.Renamed("customer.went", "customer.moved"), // the same payload
//			core.Split("customer.registered", registered), // func(registration) []core.Event
//		}
//	}
//
// Each step goes one generation on, so that it need not be touched when there is a
// newer one. Payloads of old are structs of any type; one that has a method
// EventHistory adds its steps. What was recorded is never written again.
//
// A history is checked when something is defined that reads the event: a payload of
// which no step makes the event (a gap), a cycle, and two ways from one kind or one
// type are a panic that names the event and the step.
//
// A step that panics is an error of its event: see [PanicError].
type History = []Past

// Past is a step of a [History]. [Was], [Renamed] and [Split] return one.
type Past = fold.Past

// Was says that events of a kind were recorded as an Old, and what becomes of them:
// the event, or the Old of another step. Upcast must be deterministic.
func Was[Old, New any](kind string, upcast func(Old) New) Past { return fold.Was(kind, upcast) }

// Renamed says that events of a kind have the payload of another kind: that of the
// event, or of another step.
func Renamed(kind, to string) Past { return fold.Renamed(kind, to) }

// Split says that an event of a kind, recorded as an Old, became several events, in
// this order, or none. Each of the events that it may become has the Split in its
// history, with the same upcast. They may be of an old type, for which the history
// of the event of today has a step.
//
// The position and the version are those of the recorded event, and [CommitInfo] has
// a number that tells the events apart, as [Envelope.EventID] does. An aggregate and
// a projection fold all of them or none. A reactor handles one after the other: see
// package reactor.
func Split[Old any](kind string, upcast func(Old) []Event) Past { return fold.Split(kind, upcast) }

// KindsOf returns the kinds of which stored events are an E today, in order: for
// filters. It panics for an E whose history is wrong.
func KindsOf[E Event]() []string {
	r, err := fold.ReaderOf[E]()
	if err != nil {
		panic(err.Error())
	}
	return r.Kinds()
}

// EventReader reads the events of a table whatever they were recorded as. Package
// coretest uses it.
type EventReader = fold.Reader
