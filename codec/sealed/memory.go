package sealed

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
)

// MemoryKeys is a [KeyStore] in memory, for tests and examples: what it has sealed
// cannot be read once the program has ended. The zero MemoryKeys is empty.
type MemoryKeys struct {
	mu       sync.Mutex // guards the fields below
	values   map[string]memoryKey
	revision uint64
}

// memoryKey is a value; nil if it was destroyed.
type memoryKey struct {
	value    []byte
	revision uint64
}

var _ KeyStore = (*MemoryKeys)(nil)

// Load returns a copy of the value of a subject.
func (m *MemoryKeys) Load(ctx context.Context, subject string) ([]byte, uint64, error) {
	if ctx.Err() != nil {
		return nil, 0, context.Cause(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.values[subject]
	switch {
	case !ok:
		return nil, 0, ErrNoKey
	case k.value == nil:
		return nil, 0, ErrForgotten
	}
	return bytes.Clone(k.value), k.revision, nil
}

// Store keeps a copy of the value of a subject.
func (m *MemoryKeys) Store(ctx context.Context, subject string, value []byte, revision uint64) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.values[subject]
	if k.revision != revision || ok && k.value == nil {
		return ErrChanged
	}
	m.put(subject, append([]byte{}, value...))
	return nil
}

// Destroy overwrites the value of a subject.
func (m *MemoryKeys) Destroy(ctx context.Context, subject string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(subject, nil)
	return nil
}

// put replaces a value. The caller holds the lock.
func (m *MemoryKeys) put(subject string, value []byte) {
	if m.values == nil {
		m.values = make(map[string]memoryKey)
	}
	clear(m.values[subject].value)
	m.revision++
	m.values[subject] = memoryKey{value, m.revision}
}

// Subjects yields the subjects that have a value, in order.
func (m *MemoryKeys) Subjects(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		m.mu.Lock()
		values := maps.Clone(m.values)
		m.mu.Unlock()
		for _, subject := range slices.Sorted(maps.Keys(values)) {
			if ctx.Err() != nil {
				yield("", context.Cause(ctx))
				return
			}
			if values[subject].value != nil && !yield(subject, nil) {
				return
			}
		}
	}
}
