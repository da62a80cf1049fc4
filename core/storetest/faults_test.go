package storetest_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jetsource/jetsource/core"
)

// fault is a mistake that stores make, and a rule that has to notice it.
type fault struct {
	name   string
	rule   string
	change func(m *mutant)
}

// faults are mistakes in what every store does.
var faults = []fault{
	{"loses the last of many events", "events of an aggregate come in the order of their commits", eachCommit(func(c *commit) {
		if len(c.Events) > 3 {
			c.Events = c.Events[:len(c.Events)-1]
		}
	})},
	{"reverses the events of a commit", "events of an aggregate come in the order of their commits", eachCommit(func(c *commit) {
		c.Events = slices.Clone(c.Events)
		slices.Reverse(c.Events)
	})},
	{"records an event twice", "an unchecked commit takes any version", eachCommit(func(c *commit) {
		if c.Unchecked && len(c.Events) > 0 {
			c.Events = append(slices.Clip(c.Events), c.Events[len(c.Events)-1])
		}
	})},
	{"ignores expectations", "the zero version expects a new aggregate", eachCommit(func(c *commit) { c.Unchecked = true })},
	{"checks unchecked commits", "an unchecked commit takes any version", eachCommit(func(c *commit) { c.Unchecked = false })},
	{"takes any version for one that exists", "an older version conflicts", taking(func(expected, actual uint64) bool { return expected > 0 && actual > 0 })},
	{"takes a newer version", "a newer version conflicts", taking(func(expected, actual uint64) bool { return expected > actual && actual > 0 })},
	{"takes a version of nothing", "a version conflicts on an aggregate without events", taking(func(_, actual uint64) bool { return actual == 0 })},
	{"takes a version far beyond", "a version beyond the end of the store conflicts", taking(func(expected, actual uint64) bool { return expected > actual+10 })},
	{"refuses an exact version that is not the store's last", "the exact version is accepted, commit after commit", versionsOfStore},
	{"does not say at what version an aggregate is", "the zero version expects a new aggregate", eachError(func(err error) error {
		if c, ok := errors.AsType[*conflict](err); ok {
			c.Actual = at{}
		}
		return err
	})},
	{"answers the version of the store for that of an aggregate", "commits to other aggregates do not move a version", func(m *mutant) {
		m.version = func(ctx context.Context, _ key) (at, error) { return m.memoryStore.LatestVersion(ctx) }
	}},
	{"has a version before the first event", "a new aggregate has no version", func(m *mutant) {
		m.version = func(ctx context.Context, k key) (at, error) {
			v, err := m.memoryStore.Version(ctx, k)
			p, _ := v.Position()
			return core.At(p), err
		}
	}},
	{"returns the position of the first event", "the version is the position of the last event", func(m *mutant) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			answers, err := m.memoryStore.Commit(ctx, commits...)
			for i := range answers {
				answers[i].Position -= uint64(len(commits[i].Events) - 1)
			}
			return answers, err
		}
	}},
	{"knows aggregates by id alone", "the same id under another kind is another aggregate", eachKey(func(k *key) {
		if k.Kind != "" && k.Kind[0] != '_' {
			k.Kind = "any"
		}
	})},
	{"folds the case of ids", "a hostile id is kept apart or refused", eachKey(func(k *key) { k.ID = strings.ToLower(k.ID) })},
	{"folds the case of kinds", "a hostile aggregate kind is kept apart or refused", eachKey(func(k *key) { k.Kind = strings.ToLower(k.Kind) })},
	{"cuts ids", "a hostile id is kept apart or refused", eachKey(func(k *key) { k.ID = k.ID[:min(len(k.ID), 255)] })},
	{"takes an event kind for a prefix", "filters select by kind and by aggregate", func(m *mutant) {
		m.load = func(ctx context.Context, filters ...filter) events { return prefixes(ctx, m, filters) }
	}},
	{"folds the case of event kinds", "a hostile event kind is kept apart or refused", eachEvent(func(e *event) { e.Kind = strings.ToLower(e.Kind) })},
	{"takes reserved kinds", "kinds that are empty or reserved are refused", eachKey(func(k *key) {
		if strings.HasPrefix(k.Kind, "_") {
			k.Kind = "x" + k.Kind
		}
	})},
	{"refuses names with an error of its own", "a hostile id is kept apart or refused", func(m *mutant) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			if len(commits) > 0 && strings.Contains(commits[0].Key.ID, "*") {
				return nil, errors.New("bad subject")
			}
			return m.memoryStore.Commit(ctx, commits...)
		}
	}},
	{"takes a commit of no events", "a commit of no events is refused", eachError(func(err error) error {
		if errors.Is(err, core.ErrNoEvents) {
			return nil
		}
		return err
	})},
	{"names the wrong event", "an event that cannot be encoded is named by its index and nothing is written", encodeErrors(func(e *core.EncodeError) { e.Index++ })},
	{"does not name the kind of a bad event", "an event that cannot be encoded is named by its index and nothing is written", encodeErrors(func(e *core.EncodeError) { e.Kind = "" })},
	{"counts events from 1 for nil ones", "a nil event is named by its index and nothing is written", encodeErrors(func(e *core.EncodeError) { e.Index++ })},
	{"writes the events before a bad one", "several commits with one bad event write nothing and say which", func(m *mutant) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			answers, err := m.memoryStore.Commit(ctx, commits...)
			fault, ok := errors.AsType[*core.CommitError](err)
			if bad, is := errors.AsType[*core.EncodeError](err); ok && is && bad.Index > 0 {
				before := commits[fault.Index]
				before.Events = before.Events[:bad.Index]
				_, _ = m.memoryStore.Commit(ctx, before)
			}
			return answers, err
		}
	}},
	{"garbles control characters", "what events hold comes back as it was", eachEvent(func(e *event) {
		e.Data = []byte(strings.ReplaceAll(string(e.Data), `\r\n`, `\n`))
	})},
	{"changes text that is not UTF-8", "an event that would come back as another one is refused", eachCommit(func(c *commit) {
		c.Events = slices.Clone(c.Events)
		for i, e := range c.Events {
			v := reflect.ValueOf(e)
			if v.Kind() != reflect.Struct || !v.FieldByName("Text").IsValid() {
				continue
			}
			changed := reflect.New(v.Type()).Elem()
			changed.Set(v)
			changed.FieldByName("Text").SetString(strings.ToValidUTF8(v.FieldByName("Text").String(), "?"))
			c.Events[i] = changed.Interface().(core.Event)
		}
	})},
	{"does not name the event that it would change", "an event that would come back as another one is refused", encodeErrors(func(e *core.EncodeError) { e.Kind = "" })},
	{"drops metadata", "an event comes with its key, kind, position and metadata", eachCommit(func(c *commit) { c.Metadata = "" })},
	{"has commits without ids", "an event tells its place in its commit", eachEvent(func(e *event) { e.Commit.ID = "" })},
	{"gives each event a commit of its own", "an event tells its place in its commit", eachEvent(func(e *event) { e.Commit.ID += fmt.Sprint(e.Position) })},
	{"gives the events of a commit one id", "no two events have one id", eachEvent(func(e *event) { e.Commit.Index = 0 })},
	{"tells local time", "an event tells when it was recorded, in UTC", eachEvent(func(e *event) { e.Time = e.Time.In(time.FixedZone("x", 60)) })},
	{"does not name its codec", "an event names its codec", eachEvent(func(e *event) { e.Codec = "" })},
	{"includes the position in after", "after leaves its position out, from includes it", eachFilter(func(f *filter) {
		if p, ok := f.After.Position(); ok {
			f.After = core.At(p - 1)
		}
	})},
	{"leaves the position out of from", "after leaves its position out, from includes it", eachFilter(func(f *filter) {
		if p, ok := f.From.Position(); ok {
			f.From = core.At(p + 1)
		}
	})},
	{"ignores positions of filters for all aggregates", "positions bound the events of all aggregates", eachFilter(func(f *filter) {
		if f.Aggregate == nil {
			f.After, f.From = at{}, at{}
		}
	})},
	{"takes the earliest position for all filters", "each filter keeps its own positions", func(m *mutant) {
		m.load = func(ctx context.Context, filters ...filter) events {
			filters = slices.Clone(filters)
			for i := range filters {
				filters[i].After, filters[i].From = filters[0].After, filters[0].From
			}
			return m.memoryStore.LoadEvents(ctx, filters...)
		}
	}},
	{"fails beyond its end", "positions beyond the end select nothing", func(m *mutant) {
		m.load = func(ctx context.Context, filters ...filter) events {
			for _, f := range filters {
				latest, _ := m.memoryStore.LatestVersion(ctx)
				end, _ := latest.Position()
				if p, _ := f.After.Position(); p > end {
					return func(yield func(event, error) bool) { yield(event{}, errors.New("out of range")) }
				}
			}
			return m.memoryStore.LoadEvents(ctx, filters...)
		}
	}},
	{"gives an event once for each filter", "filters that overlap give an event once, in order", func(m *mutant) {
		m.load = func(ctx context.Context, filters ...filter) events { return oneByOne(ctx, m, filters, true, false) }
	}},
	{"does not merge what filters select", "filters that overlap give an event once, in order", func(m *mutant) {
		m.load = func(ctx context.Context, filters ...filter) events { return oneByOne(ctx, m, filters, false, true) }
	}},
	{"takes no filters for one", "no filters select nothing", func(m *mutant) {
		m.load = func(ctx context.Context, filters ...filter) events {
			if len(filters) == 0 {
				filters = []filter{{}}
			}
			return m.memoryStore.LoadEvents(ctx, filters...)
		}
	}},
	{"reads a commit behind", "a read sees what was committed before it", stale},
	{"reads once", "a read can be made again", func(m *mutant) {
		m.load = func(ctx context.Context, filters ...filter) events {
			var once sync.Once
			return func(yield func(event, error) bool) {
				once.Do(func() { m.memoryStore.LoadEvents(ctx, filters...)(yield) })
			}
		}
	}},
	{"goes on where a broken read ended", "a read can be broken off", resuming},
	{"follows what is written while it reads", "a read ends where the store ended when it began", following},
	{"hands out data that it keeps", "the data of an event is its reader's own", shared},
	{"reads without end of context", "a read whose context has ended says so", func(m *mutant) {
		m.load = func(ctx context.Context, filters ...filter) events {
			return m.memoryStore.LoadEvents(context.WithoutCancel(ctx), filters...)
		}
	}},
	{"ends a read with its context, silently", "a read whose context ends is not cut short silently", func(m *mutant) {
		m.load = func(ctx context.Context, filters ...filter) events {
			return func(yield func(event, error) bool) {
				for e, err := range m.memoryStore.LoadEvents(ctx, filters...) {
					if err != nil || !yield(e, nil) {
						return
					}
				}
			}
		}
	}},
	{"yields what it has, whatever became of the context", "a read yields no event after its context has ended", func(m *mutant) {
		m.load = func(ctx context.Context, filters ...filter) events {
			if ctx.Err() != nil {
				return m.memoryStore.LoadEvents(ctx, filters...)
			}
			return m.memoryStore.LoadEvents(context.WithoutCancel(ctx), filters...)
		}
	}},
	{"writes without end of context", "a commit whose context has ended writes nothing", func(m *mutant) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			_, err := m.memoryStore.Commit(context.WithoutCancel(ctx), commits...)
			return make([]committed, len(commits)), cmp.Or(ctx.Err(), err)
		}
	}},
	{"shows a commit before it is whole", "a reader beside the writer sees all of a commit or none", torn},
	{"shows a part before it is whole", "a reader beside several commits sees all of each aggregate's part or none", torn},
	{"commits several one by one", "several commits with one conflict write nothing and say which", func(m *mutant) {
		m.commit = func(ctx context.Context, commits ...commit) (answers []committed, err error) {
			for i, c := range commits {
				a, err := m.memoryStore.Commit(ctx, c)
				if fault, ok := errors.AsType[*core.CommitError](err); ok {
					fault.Index = i
				}
				if err != nil {
					return nil, err
				}
				answers = append(answers, a...)
			}
			return answers, nil
		}
	}},
	{"records the first of several commits", "several commits are recorded together", func(m *mutant) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			return m.memoryStore.Commit(ctx, commits[:min(len(commits), 1)]...)
		}
	}},
	{"counts places from each part's start", "several commits have one commit id and their places in it", eachEvent(func(e *event) { e.Commit.Offset = 0 })},
	{"blames the first of several commits", "several commits with one bad event write nothing and say which", eachError(func(err error) error {
		if fault, ok := errors.AsType[*core.CommitError](err); ok {
			fault.Index = 0
		}
		return err
	})},
	{"does not say which commit is at fault", "two commits to one aggregate are refused together", eachError(func(err error) error {
		if fault, ok := errors.AsType[*core.CommitError](err); ok {
			return fault.Err
		}
		return err
	})},
	{"takes nothing for success", "a call without commits is refused", func(m *mutant) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			if len(commits) == 0 {
				return nil, nil
			}
			return m.memoryStore.Commit(ctx, commits...)
		}
	}},
	{"drops command ids", "several commits record their commands", eachCommit(func(c *commit) { c.CommandID = "" })},
	{"drops the fingerprints of commands", "several commits record their commands", eachCommit(func(c *commit) { c.Fingerprint = "" })},
	{"drops what commits came from", "an event tells what its commit came from", func(m *mutant) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			return m.memoryStore.Commit(core.WithOrigin(ctx, core.Origin{}), commits...)
		}
	}},
	{"takes the cause for the correlation", "an event tells what its commit came from", eachEvent(func(e *event) {
		e.Origin.CorrelationID = e.Origin.CausationID
	})},
	{"keeps no tracestate", "an event tells what its commit came from", eachEvent(func(e *event) { e.Origin.Trace.State = "" })},
	{"gives one origin to all", "an event tells what its commit came from", func(m *mutant) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			return m.memoryStore.Commit(core.WithCorrelationID(ctx, "one"), commits...)
		}
	}},
	{"returns events without their origin", "Commit returns the events as they are loaded", eachReturned(func(events []event) []event {
		for i := range events {
			events[i].Origin = core.Origin{}
		}
		return events
	})},
	{"compares positions backwards", "positions compare as the events come", func(m *mutant) {
		m.compare = func(a, b uint64) int { return cmp.Compare(b, a) }
	}},
	{"has positions that compare equal", "positions increase over all aggregates", func(m *mutant) {
		m.compare = func(a, b uint64) int { return cmp.Compare(a/8, b/8) }
	}},
	{"is at a version when it is empty", "the latest version is that of the last event of any aggregate", func(m *mutant) {
		m.latest = func(ctx context.Context) (at, error) {
			v, err := m.memoryStore.LatestVersion(ctx)
			p, _ := v.Position()
			return core.At(p), err
		}
	}},
	{"changes its id", "a store has an id that stays", func(m *mutant) {
		var n atomic.Int64
		m.id = func() string { return fmt.Sprint(n.Add(1)) }
	}},
	{"has the id of every store", "two stores have different ids", func(m *mutant) { m.id = func() string { return "store" } }},
	{"ends a loop at metadata that it cannot decode", "metadata that cannot be decoded is the fault of its event alone", failingMetadata},
	{"does not say that metadata cannot be decoded", "metadata that cannot be decoded is the fault of its event alone", eachEvent(func(e *event) { e.MetadataErr = nil })},
	{"forgets the commit with the metadata", "metadata that cannot be decoded is the fault of its event alone", eachEvent(func(e *event) {
		if e.MetadataErr != nil {
			e.Commit = core.CommitInfo{}
		}
	})},
	{"looks, then leaps, to create", "of many that create an aggregate one wins", leaping},
	{"looks, then leaps", "of many that commit at a version one wins", leaping},
	{"looks, then leaps, over several aggregates", "of many that commit to overlapping aggregates one wins", leaping},
	{"acknowledges what lost a race", "of many that commit unchecked none loses", losing},
	{"returns events without their commit", "Commit returns the events as they are loaded", eachReturned(func(events []event) []event {
		for i := range events {
			events[i].Commit = core.CommitInfo{}
		}
		return events
	})},
	{"returns the first event alone", "Commit returns the events as they are loaded", eachReturned(func(events []event) []event {
		return events[:min(1, len(events))]
	})},
	{"forgets where a second filter begins", "random operations do what they do to a list", func(m *mutant) {
		m.load = func(ctx context.Context, filters ...filter) events {
			filters = slices.Clone(filters)
			if len(filters) > 1 {
				filters[1].After = at{}
			}
			return m.memoryStore.LoadEvents(ctx, filters...)
		}
	}},
}

// failingMetadata ends reads with the first event whose metadata cannot be decoded.
func failingMetadata(m *mutant) {
	failing := func(all events) events {
		return func(yield func(event, error) bool) {
			for e, err := range all {
				if err == nil && e.MetadataErr != nil {
					e, err = event{}, e.MetadataErr
				}
				if !yield(e, err) || err != nil {
					return
				}
			}
		}
	}
	m.load = func(ctx context.Context, filters ...filter) events {
		return failing(m.memoryStore.LoadEvents(ctx, filters...))
	}
	m.subscribe = func(ctx context.Context, filters ...filter) events {
		return failing(m.memoryStore.Subscribe(ctx, filters...))
	}
}
