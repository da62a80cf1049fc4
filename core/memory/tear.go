package memory

import (
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// TearNext makes the store fail as a server does that loses power inside a commit:
// of the next call of Commit with more than keep messages, its events and system
// entries together, only the first keep are recorded. Its caller is not told so:
// the error matches [core.ErrUnknownOutcome], as that of a server that does not
// answer. Such a commit is void. No reader sees anything of it, its aggregates and
// entry keys stay at the version before it, and the positions it has taken stay
// taken.
//
// One commit is torn for each call: the next that the store would have accepted.
// Before that commit another call replaces keep. TearNext panics if keep is less
// than 1: a commit without any message leaves nothing behind.
func (s *Store[ID, M]) TearNext(keep int) {
	if keep < 1 {
		panic(fmt.Sprintf("memory: a torn commit keeps at least one message, not %d", keep))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep = keep
}

// tear records the beginning of a commit if it is the one to be torn, and returns
// its error; else nil. The caller holds the lock.
func (s *Store[ID, M]) tear(records []*record[ID, M]) error {
	keep := s.keep
	if keep == 0 || len(records) <= keep {
		return nil
	}
	s.keep = 0
	for _, r := range records[:keep] {
		r.void = true
	}
	s.append(records[:keep])
	return fmt.Errorf("%w: commit %s was torn by TearNext(%d)", core.ErrUnknownOutcome, records[0].Commit.ID, keep)
}
