package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"time"
)

// update writes where the logs end now, if that has changed. At the start of the
// server and at its end (last) nothing is taken for synced.
func (w *witness) update(last bool) error {
	began := time.Now()
	served, ok := servedEnds(w.ns)
	if !ok {
		return nil // JetStream has ended: what it served says nothing
	}
	mustSync := last || w.lazy > 0
	advance := last || began.Sub(w.synced) >= w.lazy
	next := served.follow(w.marks, advance, w.exists)
	if !maps.Equal(next, w.marks) {
		if err := w.write(next, mustSync && advance); err != nil {
			return fmt.Errorf("embedded: write %s: %w", witnessName, err)
		}
	}
	if advance {
		w.synced = began
	}
	return nil
}

func (w *witness) write(next map[streamKey]mark, mustSync bool) error {
	for key, m := range next {
		if old := w.marks[key]; m.StoreID == old.StoreID && m.Last < old.Last {
			// Only of an account that the server did not know when it started.
			w.log.Errorf("Events of stream %s of account %s are missing: it ended at %d and ends at %d", m.Stream, m.Account, old.Last, m.Last)
		}
		if mustSync && w.marks[key] != m {
			if err := syncStream(w.dir, m, w.synced); err != nil {
				return err
			}
		}
	}
	if err := writeWitness(w.dir, next); err != nil {
		return err
	}
	w.marks = next
	return nil
}

func (w *witness) exists(m mark) bool {
	_, err := os.Lstat(m.folder(w.dir))
	return !errors.Is(err, fs.ErrNotExist)
}
