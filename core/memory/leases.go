package memory

import (
	"bytes"
	"context"
	"time"

	"github.com/jetsource/jetsource/core"
)

// register is a value that is replaced by compare-and-swap.
type register struct {
	value    []byte
	revision uint64
}

// leaseTTL is that of leases in a key-value bucket by default.
const leaseTTL = 3 * time.Second

// ReadLease returns the value of a name, and its revision; 0 if it has none. With
// WriteLease it makes the store a reactor.Leases.
func (s *Store[ID, M]) ReadLease(ctx context.Context, name string) (value []byte, revision uint64, err error) {
	if ctx.Err() != nil {
		return nil, 0, context.Cause(ctx)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	r := s.leases[name]
	return bytes.Clone(r.value), r.revision, nil
}

// WriteLease replaces the value of a name that is at a revision, 0 for none, and returns the
// next one.
func (s *Store[ID, M]) WriteLease(ctx context.Context, name string, value []byte, revision uint64) (uint64, error) {
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leases[name].revision != revision {
		return 0, core.ErrConflict
	}
	s.leases[name] = register{bytes.Clone(value), revision + 1}
	return revision + 1, nil
}

// LeaseTTL is how long a process may be silent before others take over.
func (s *Store[ID, M]) LeaseTTL() time.Duration { return leaseTTL }
