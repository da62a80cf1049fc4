package snapshottest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
)

// snapshotFaults are mistakes that snapshot stores make. Each names a rule that
// has to notice.
var snapshotFaults = []struct {
	name   string
	rule   string
	change func(m *snapshotMutant)
}{
	{"has a snapshot of everything", "a key without a snapshot has none, and the state is left alone", func(m *snapshotMutant) {
		m.load = func(ctx context.Context, key snapshotKey, state any) (snapshot, bool, error) {
			s, _, err := m.memorySnapshots.LoadSnapshot(ctx, key, state)
			return s, true, err
		}
	}},
	{"clears the state when there is none", "a key without a snapshot has none, and the state is left alone", func(m *snapshotMutant) {
		m.load = func(ctx context.Context, key snapshotKey, state any) (snapshot, bool, error) {
			s, ok, err := m.memorySnapshots.LoadSnapshot(ctx, key, state)
			if !ok {
				_ = json.Unmarshal([]byte(`{"Number":0}`), state)
			}
			return s, ok, err
		}
	}},
	{"removes nothing", "snapshots of all schemas of a key are removed, and no others", func(m *snapshotMutant) {
		m.remove = func(context.Context, snapshotKey) error { return nil }
	}},
	{"removes one schema", "snapshots of all schemas of a key are removed, and no others", func(m *snapshotMutant) {
		m.remove = func(ctx context.Context, key snapshotKey) error {
			back := make(map[snapshotKey]snapshot)
			for _, schema := range []int{0, 1, 11} {
				other, state := key, any(nil)
				other.Schema = schema
				if s, ok, _ := m.memorySnapshots.LoadSnapshot(ctx, other, &state); ok && schema != key.Schema {
					s.State, back[other] = state, s
				}
			}
			err := m.memorySnapshots.RemoveSnapshots(ctx, key)
			for other, s := range back {
				_, _ = m.memorySnapshots.OfferSnapshot(ctx, other, core.SnapshotAge{Events: 1}, func() (snapshot, error) { return s, nil })
			}
			return err
		}
	}},
	{"removes all", "snapshots of all schemas of a key are removed, and no others", func(m *snapshotMutant) {
		m.remove = func(ctx context.Context, key snapshotKey) error {
			for _, id := range []string{"ID-0", "ID-1"} {
				key.ID = id
				if err := m.memorySnapshots.RemoveSnapshots(ctx, key); err != nil {
					return err
				}
			}
			return nil
		}
	}},
	{"drops the event", "a snapshot comes back as it was offered", eachLoaded(func(s *snapshot) { s.EventID = "" })},
	{"drops the store", "a snapshot comes back as it was offered", eachLoaded(func(s *snapshot) { s.StoreID = "" })},
	{"drops the table", "a snapshot comes back as it was offered", eachLoaded(func(s *snapshot) { s.Table = "" })},
	{"keeps what was replaced", "a snapshot comes back as it was offered", eachLoaded(func(s *snapshot) { s.Replaces = "another" })},
	{"keeps a hundred commands", "a thousand commands come back in order", eachLoaded(func(s *snapshot) {
		s.Commands = s.Commands[max(0, len(s.Commands)-100):]
	})},
	{"refuses what is large", "a large state comes back", func(m *snapshotMutant) {
		m.take = func(ctx context.Context, key snapshotKey, c create) (core.SnapshotOffer, error) {
			s, err := c()
			if data, _ := json.Marshal(s.State); len(data) > 100_000 {
				return core.Declined, errors.New("too large")
			}
			return m.memorySnapshots.OfferSnapshot(ctx, key, core.SnapshotAge{Events: 1}, func() (snapshot, error) { return s, err })
		}
	}},
	{"hands out commands that it keeps", "what is loaded is its reader's own", sharing},
	{"keeps what its caller may change", "what was offered may change afterwards", encodingLate},
	{"does not look whether it could decode", "a state of another type is an error", func(m *snapshotMutant) {
		m.load = func(ctx context.Context, key snapshotKey, state any) (snapshot, bool, error) {
			s, ok, err := m.memorySnapshots.LoadSnapshot(ctx, key, state)
			if err != nil && ctx.Err() == nil {
				return s, true, nil
			}
			return s, ok, err
		}
	}},
	{"takes what it cannot decode for a failure of its own", "a state of another type is an error", func(m *snapshotMutant) {
		m.load = func(ctx context.Context, key snapshotKey, state any) (snapshot, bool, error) {
			s, ok, err := m.memorySnapshots.LoadSnapshot(ctx, key, state)
			if fault, is := errors.AsType[*core.SnapshotReadError](err); is {
				err = fault.Err
			}
			return s, ok, err
		}
	}},
	{"creates before it looks at its policy", "a snapshot that is not due is declined, and not created", func(m *snapshotMutant) {
		m.offer = func(ctx context.Context, key snapshotKey, age core.SnapshotAge, c create) (core.SnapshotOffer, error) {
			s, err := c()
			if !m.policy.Due(age) {
				return core.Declined, nil
			}
			return m.take(ctx, key, func() (snapshot, error) { return s, err })
		}
	}},
	{"counts one event too many", "a snapshot that is not due is declined, and not created", since(+1)},
	{"counts one event too few", "a snapshot that is due is taken", since(-1)},
	{"does not look at the age", "a snapshot that is due by its age is taken", func(m *snapshotMutant) {
		offer := m.offer
		m.offer = func(ctx context.Context, key snapshotKey, age core.SnapshotAge, c create) (core.SnapshotOffer, error) {
			return offer(ctx, key, core.SnapshotAge{Events: age.Events}, c)
		}
	}},
	{"tells a policy that it does not have", "a store that tells its policy tells what it decides by", func(m *snapshotMutant) {
		m.tell = func() core.SnapshotPolicy { return core.SnapshotEvery(1) }
	}},
	{"decodes whatever fits", "a state whose field was renamed is an error", withoutLayouts},
	{"decodes whatever fits inside", "a state whose inner field was renamed is an error", withoutLayouts},
	{"takes the name of a type for its layout", "a state of one layout comes back whatever its type is called", func(m *snapshotMutant) {
		var names sync.Map
		m.take = func(ctx context.Context, key snapshotKey, c create) (core.SnapshotOffer, error) {
			return m.memorySnapshots.OfferSnapshot(ctx, key, core.SnapshotAge{Events: 1}, func() (snapshot, error) {
				s, err := c()
				names.Store(key, fmt.Sprintf("*%T", s.State))
				return s, err
			})
		}
		m.load = func(ctx context.Context, key snapshotKey, state any) (snapshot, bool, error) {
			if name, ok := names.Load(key); ok && name != fmt.Sprintf("%T", state) {
				return snapshot{}, false, &core.SnapshotReadError{Err: core.ErrSnapshotLayout}
			}
			return m.memorySnapshots.LoadSnapshot(ctx, key, state)
		}
	}},
	{"keeps the layout that it has", "an older snapshot of another layout takes its place", eachOffered(func(offered *snapshot, stored snapshot) bool {
		return offered.Position > stored.Position || offered.StoreID != stored.StoreID || offered.Table != stored.Table || offered.Replaces != "" && offered.Replaces == stored.EventID
	})},
	{"keeps the first megabyte", "a state of megabytes is refused or comes back whole", changingLarge(func(f *state) { f.Text = f.Text[:1<<20] })},
	{"has the number of one and the text of another", "a reader of large states that are replaced sees one of them", changingLarge(func(f *state) { f.Number-- })},
	{"takes never for always", "the policy that is never takes none", func(m *snapshotMutant) {
		if m.policy == (core.SnapshotPolicy{}) {
			m.policy = core.SnapshotEvery(1)
		}
	}},
	{"loads none when it takes none", "a store that takes none loads what is there", func(m *snapshotMutant) {
		m.load = func(ctx context.Context, key snapshotKey, state any) (snapshot, bool, error) {
			if m.policy == (core.SnapshotPolicy{}) {
				return snapshot{}, false, nil
			}
			return m.memorySnapshots.LoadSnapshot(ctx, key, state)
		}
	}},
	{"creates again", "a snapshot is created once", func(m *snapshotMutant) {
		m.take = func(ctx context.Context, key snapshotKey, c create) (core.SnapshotOffer, error) {
			_, _ = c()
			return m.memorySnapshots.OfferSnapshot(ctx, key, core.SnapshotAge{Events: 1}, c)
		}
	}},
	{"returns the error of create as its own", "an error of create is returned, and nothing is stored", eachAnswer(func(_ *core.SnapshotOffer, err *error) {
		if fault, ok := errors.AsType[*core.SnapshotCreateError](*err); ok {
			*err = fault.Err
		}
	})},
	{"stores what create failed with", "an error of create is returned, and nothing is stored", func(m *snapshotMutant) {
		m.take = func(ctx context.Context, key snapshotKey, c create) (core.SnapshotOffer, error) {
			s, failed := c()
			offer, err := m.memorySnapshots.OfferSnapshot(ctx, key, core.SnapshotAge{Events: 1}, func() (snapshot, error) { return s, nil })
			if failed != nil {
				return core.Declined, &core.SnapshotCreateError{Err: failed}
			}
			return offer, err
		}
	}},
	{"declines what it cannot encode", "a state that cannot be encoded is an error, and nothing is stored", eachAnswer(func(_ *core.SnapshotOffer, err *error) {
		if _, ok := errors.AsType[*json.UnsupportedTypeError](*err); ok {
			*err = nil
		}
	})},
	{"loses hidden fields", "a state with hidden fields is an error or comes back whole", comparingNothing},
	{"compares nothing with what comes back", "a state that would come back as another is an error or comes back as it was", comparingNothing},
	{"keeps the first", "a newer snapshot takes the place of the one before", eachOffered(func(*snapshot, snapshot) bool { return false })},
	{"takes what is not older", "a snapshot at the same position is declined", replacing(func(offered *snapshot, stored snapshot) bool { return offered.Position == stored.Position })},
	{"takes the last offered", "an older snapshot is declined", replacing(func(*snapshot, snapshot) bool { return true })},
	{"does not look at stores", "an older snapshot of another store takes its place", declining(func(offered *snapshot, stored snapshot) bool { return offered.StoreID != stored.StoreID })},
	{"does not look at tables", "an older snapshot of another table takes its place", declining(func(offered *snapshot, stored snapshot) bool { return offered.Table != stored.Table })},
	{"does not look at what is replaced", "an older snapshot takes the place of the one that it names", declining(func(offered *snapshot, _ snapshot) bool { return offered.Replaces != "" })},
	{"takes what replaces another", "an older snapshot that names another is declined", replacing(func(offered *snapshot, _ snapshot) bool { return offered.Replaces != "" })},
	{"takes nothing for a name", "an older snapshot that names another is declined", replacing(func(_ *snapshot, stored snapshot) bool { return stored.EventID == "" })},
	{"knows no roles", "role, kind, id and schema keep snapshots apart", eachSnapshotKey(func(k *snapshotKey) { k.Role = "" })},
	{"knows no schemas", "role, kind, id and schema keep snapshots apart", eachSnapshotKey(func(k *snapshotKey) { k.Schema = 0 })},
	{"joins kind and schema", "role, kind, id and schema keep snapshots apart", eachSnapshotKey(func(k *snapshotKey) {
		if k.Schema > 9 {
			k.Schema %= 10
		}
	})},
	{"knows no stores", "snapshots of two stores do not meet", eachSnapshotKey(func(k *snapshotKey) { k.Store = "" })},
	{"writes a word for no store", "snapshots of two stores do not meet", eachSnapshotKey(func(k *snapshotKey) {
		if k.Store == "" {
			k.Store = "="
		}
	})},
	{"takes the only instance for one with an id", "the only instance of a kind is none that has an id", eachSnapshotKey(func(k *snapshotKey) { k.Singleton = false })},
	{"writes a word for no id", "snapshots of hostile ids are kept apart or refused", eachSnapshotKey(func(k *snapshotKey) {
		if k.Singleton {
			k.Singleton, k.ID = false, "="
		}
	})},
	{"folds the case of ids", "snapshots of hostile ids are kept apart or refused", eachSnapshotKey(func(k *snapshotKey) { k.ID = strings.ToLower(k.ID) })},
	{"folds the case of kinds", "snapshots of hostile kinds are kept apart or refused", eachSnapshotKey(func(k *snapshotKey) { k.Kind = strings.ToLower(k.Kind) })},
	{"loads without end of context", "a load whose context has ended says so", func(m *snapshotMutant) {
		m.load = func(ctx context.Context, key snapshotKey, state any) (snapshot, bool, error) {
			return m.memorySnapshots.LoadSnapshot(context.WithoutCancel(ctx), key, state)
		}
	}},
	{"stores without end of context", "an offer whose context has ended stores nothing", func(m *snapshotMutant) {
		m.take = func(ctx context.Context, key snapshotKey, c create) (core.SnapshotOffer, error) {
			offer, err := m.memorySnapshots.OfferSnapshot(context.WithoutCancel(ctx), key, core.SnapshotAge{Events: 1}, c)
			if ctx.Err() != nil {
				return core.Declined, context.Cause(ctx)
			}
			return offer, err
		}
	}},
	{"looks, then leaps", "of many that are offered the newest stays", eachOffered(func(offered *snapshot, stored snapshot) bool {
		if offered.Position <= stored.Position {
			return offered.StoreID != stored.StoreID || offered.Table != stored.Table || offered.Replaces != "" && offered.Replaces == stored.EventID
		}
		<-time.After(time.Millisecond)
		offered.StoreID = "another" // which the store takes whatever it has meanwhile
		return true
	})},
}

// state is that of the rules.
type state struct {
	Number int
	Text   string
	Tags   map[string]string
	List   []int
}

// changingLarge changes large states on their way in.
func changingLarge(change func(f *state)) func(m *snapshotMutant) {
	return func(m *snapshotMutant) {
		m.take = func(ctx context.Context, key snapshotKey, c create) (core.SnapshotOffer, error) {
			return m.memorySnapshots.OfferSnapshot(ctx, key, core.SnapshotAge{Events: 1}, func() (snapshot, error) {
				s, err := c()
				data, failed := json.Marshal(s.State)
				if failed != nil || len(data) < 1<<20 {
					return s, err
				}
				var f state
				_ = json.Unmarshal(data, &f)
				change(&f)
				s.State = f
				return s, err
			})
		}
	}
}

// withoutLayouts decodes states by way of one that fits everything.
func withoutLayouts(m *snapshotMutant) {
	m.load = func(ctx context.Context, key snapshotKey, state any) (snapshot, bool, error) {
		var any any
		s, ok, err := m.memorySnapshots.LoadSnapshot(ctx, key, &any)
		if !ok || err != nil {
			return s, ok, err
		}
		data, _ := json.Marshal(any)
		if err := json.Unmarshal(data, state); err != nil {
			return snapshot{}, false, &core.SnapshotReadError{Err: err}
		}
		return s, true, nil
	}
}

// comparingNothing gives the store states that are encoded already.
func comparingNothing(m *snapshotMutant) {
	withoutLayouts(m) // which are those of the bytes
	m.take = func(ctx context.Context, key snapshotKey, c create) (core.SnapshotOffer, error) {
		return m.memorySnapshots.OfferSnapshot(ctx, key, core.SnapshotAge{Events: 1}, func() (snapshot, error) {
			s, err := c()
			if data, failed := json.Marshal(s.State); failed == nil {
				s.State = json.RawMessage(data)
			}
			return s, err
		})
	}
}

// since changes the number of events that an offer comes with.
func since(n int) func(m *snapshotMutant) {
	return func(m *snapshotMutant) {
		offer := m.offer
		m.offer = func(ctx context.Context, key snapshotKey, age core.SnapshotAge, c create) (core.SnapshotOffer, error) {
			return offer(ctx, key, core.SnapshotAge{Events: age.Events + n, Time: age.Time}, c)
		}
	}
}

// replacing has a snapshot take the place of the stored one, whatever that is.
func replacing(when func(offered *snapshot, stored snapshot) bool) func(m *snapshotMutant) {
	return eachOffered(func(offered *snapshot, stored snapshot) bool {
		if when(offered, stored) {
			offered.StoreID += "!" // which is then another store's
		}
		return true
	})
}

// declining does not take a snapshot that is not newer.
func declining(when func(offered *snapshot, stored snapshot) bool) func(m *snapshotMutant) {
	return eachOffered(func(offered *snapshot, stored snapshot) bool {
		return offered.Position > stored.Position || !when(offered, stored)
	})
}
