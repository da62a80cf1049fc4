package snapshottest_test

import (
	"context"
	"sync"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// The types of the snapshot store that mutants are made of.
type (
	memorySnapshots = memory.Snapshots[string, uint64]
	snapshot        = core.Snapshot[uint64]
	snapshotKey     = core.SnapshotKey[string]
	create          = func() (snapshot, error)
)

// snapshotMutant is a store of snapshots in memory with a fault: one of its
// functions is replaced. Its policy is its own, so that what it holds can be
// had under another.
type snapshotMutant struct {
	*memorySnapshots
	policy core.SnapshotPolicy
	load   func(ctx context.Context, key snapshotKey, state any) (snapshot, bool, error)
	take   func(ctx context.Context, key snapshotKey, c create) (core.SnapshotOffer, error)
	tell   func() core.SnapshotPolicy
	offer  func(ctx context.Context, key snapshotKey, age core.SnapshotAge, c create) (core.SnapshotOffer, error)
	remove func(ctx context.Context, key snapshotKey) error
}

func newSnapshotMutant(policy core.SnapshotPolicy, change func(m *snapshotMutant)) *snapshotMutant {
	return mutated(memory.NewSnapshots[string, uint64](core.SnapshotEvery(1)), policy, change)
}

func mutated(s *memorySnapshots, policy core.SnapshotPolicy, change func(m *snapshotMutant)) *snapshotMutant {
	m := &snapshotMutant{memorySnapshots: s, policy: policy, load: s.LoadSnapshot, remove: s.RemoveSnapshots}
	m.take = func(ctx context.Context, key snapshotKey, c create) (core.SnapshotOffer, error) {
		return s.OfferSnapshot(ctx, key, core.SnapshotAge{Events: 1}, c)
	}
	m.offer = func(ctx context.Context, key snapshotKey, age core.SnapshotAge, c create) (core.SnapshotOffer, error) {
		if !m.policy.Due(age) {
			return core.Declined, nil
		}
		return m.take(ctx, key, c)
	}
	m.tell = func() core.SnapshotPolicy { return m.policy }
	change(m)
	return m
}

func (m *snapshotMutant) SnapshotPolicy() core.SnapshotPolicy { return m.tell() }

func (m *snapshotMutant) LoadSnapshot(ctx context.Context, key snapshotKey, state any) (snapshot, bool, error) {
	return m.load(ctx, key, state)
}

func (m *snapshotMutant) RemoveSnapshots(ctx context.Context, key snapshotKey) error {
	return m.remove(ctx, key)
}

func (m *snapshotMutant) OfferSnapshot(ctx context.Context, key snapshotKey, age core.SnapshotAge, c create) (core.SnapshotOffer, error) {
	return m.offer(ctx, key, age, c)
}

// eachLoaded changes snapshots on their way out.
func eachLoaded(change func(s *snapshot)) func(m *snapshotMutant) {
	return func(m *snapshotMutant) {
		m.load = func(ctx context.Context, key snapshotKey, state any) (snapshot, bool, error) {
			s, ok, err := m.memorySnapshots.LoadSnapshot(ctx, key, state)
			if ok {
				change(&s)
			}
			return s, ok, err
		}
	}
}

// eachOffered changes snapshots on their way in, in sight of the one that is
// there. Declining is the change that returns false.
func eachOffered(change func(offered *snapshot, stored snapshot) bool) func(m *snapshotMutant) {
	return func(m *snapshotMutant) {
		m.take = func(ctx context.Context, key snapshotKey, c create) (core.SnapshotOffer, error) {
			offered, err := c()
			if err == nil {
				stored, ok, _ := m.memorySnapshots.LoadSnapshot(ctx, key, new(any))
				if ok && !change(&offered, stored) {
					return core.Declined, nil
				}
			}
			return m.memorySnapshots.OfferSnapshot(ctx, key, core.SnapshotAge{Events: 1}, func() (snapshot, error) { return offered, err })
		}
	}
}

// eachSnapshotKey changes keys wherever they go into the store.
func eachSnapshotKey(change func(k *snapshotKey)) func(m *snapshotMutant) {
	return func(m *snapshotMutant) {
		m.load = func(ctx context.Context, key snapshotKey, state any) (snapshot, bool, error) {
			change(&key)
			return m.memorySnapshots.LoadSnapshot(ctx, key, state)
		}
		m.take = func(ctx context.Context, key snapshotKey, c create) (core.SnapshotOffer, error) {
			change(&key)
			return m.memorySnapshots.OfferSnapshot(ctx, key, core.SnapshotAge{Events: 1}, c)
		}
	}
}

// eachAnswer changes the answers to offers that are due.
func eachAnswer(change func(offer *core.SnapshotOffer, err *error)) func(m *snapshotMutant) {
	return func(m *snapshotMutant) {
		m.take = func(ctx context.Context, key snapshotKey, c create) (core.SnapshotOffer, error) {
			offer, err := m.memorySnapshots.OfferSnapshot(ctx, key, core.SnapshotAge{Events: 1}, c)
			change(&offer, &err)
			return offer, err
		}
	}
}

// sharing gives all readers of a snapshot the same commands.
func sharing(m *snapshotMutant) {
	var commands sync.Map
	eachLoaded(func(s *snapshot) {
		kept, _ := commands.LoadOrStore(s.EventID, s.Commands)
		s.Commands = kept.([]core.ProcessedCommand[uint64])
	})(m)
}

// encodingLate keeps what was offered, and encodes it when it is loaded.
func encodingLate(m *snapshotMutant) {
	var offered sync.Map
	m.take = func(ctx context.Context, key snapshotKey, c create) (core.SnapshotOffer, error) {
		return m.memorySnapshots.OfferSnapshot(ctx, key, core.SnapshotAge{Events: 1}, func() (snapshot, error) {
			s, err := c()
			offered.Store(key, s)
			return s, err
		})
	}
	m.load = func(ctx context.Context, key snapshotKey, state any) (snapshot, bool, error) {
		if s, ok := offered.Load(key); ok {
			late := memory.NewSnapshots[string, uint64](core.SnapshotEvery(1))
			if _, err := late.OfferSnapshot(ctx, key, core.SnapshotAge{Events: 1}, func() (snapshot, error) { return s.(snapshot), nil }); err == nil {
				return late.LoadSnapshot(ctx, key, state)
			}
		}
		return m.memorySnapshots.LoadSnapshot(ctx, key, state)
	}
}
