package embedded

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
)

// compareFolders returns a [LostEndError] for the stores that the folders on
// disk do not hold any more, before a server writes there.
func (w *witness) compareFolders(folders []streamFolder) error {
	if w == nil {
		return nil
	}
	on := make(map[streamKey]streamFolder)
	for _, f := range folders {
		on[streamKey{f.account, f.stream}] = f
	}
	accepted, err := w.each(func(m mark) (end, error) {
		f, ok := on[m.key()]
		if !ok {
			return end{}, ErrLogGone
		}
		at := f.lookUp(m.Last, w.verify)
		switch {
		case at.unknown:
			return end{}, nil
		case !at.found:
			return end{mark: mark{Last: min(at.last, m.Last-1)}}, ErrEndLost
		case !at.time.Equal(m.Time):
			return end{mark: mark{Last: at.last}}, ErrOtherEvent
		case at.whole && at.events < m.Events:
			return end{mark: mark{Last: at.last, Events: at.events}}, ErrHole
		}
		return end{}, nil
	})
	// An index that knows messages which are lost keeps the server from reading
	// others in their block: without it the server looks for what is there.
	for _, m := range accepted {
		if err == nil {
			err = removeIfThere(filepath.Join(m.folder(w.dir), msgsDir, indexName))
		}
	}
	return err
}

// compare returns a [LostEndError] for the stores of which a server serves less
// than the witness knows. A server may know an account only later, when it is
// asked for.
func (w *witness) compare(served ends) error {
	_, err := w.each(func(m mark) (end, error) {
		s, ok := served.streams[m.key()]
		switch {
		case !ok && !served.accounts[m.Account] && w.exists(m):
			return s, nil
		case !ok:
			return s, ErrLogGone
		case s.StoreID != m.StoreID:
			return s, ErrOtherStore
		case s.Last < m.Last:
			return s, ErrEndLost
		case s.Last == m.Last && s.whole && !s.Time.Equal(m.Time):
			return s, ErrOtherEvent
		case s.Events < m.Events:
			return s, ErrHole
		}
		return s, nil
	})
	return err
}

// each calls check with each mark. For the errors that it returns, with what is
// there instead, each returns a [LostEndError], but for what the caller accepts:
// that is logged, forgotten and returned.
func (w *witness) each(check func(m mark) (end, error)) (accepted []mark, err error) {
	all := slices.SortedFunc(maps.Values(w.marks), mark.compare)
	lost := &LostEndError{Dir: w.dir}
	for _, m := range all {
		found, err := check(m)
		if err == nil {
			continue
		}
		l := LostEnd{Account: m.Account, Stream: m.Stream, Last: m.Last, Time: m.Time, Found: found.Last, Err: err}
		if errors.Is(err, ErrHole) {
			l.Holes = m.Events - found.Events
		}
		if !slices.Contains(w.accept, m.Stream) {
			lost.Stores = append(lost.Stores, l)
			continue
		}
		w.log.Warnf("Events are missing, which is accepted: %s", l)
		delete(w.marks, m.key())
		accepted = append(accepted, m)
	}
	return accepted, lost.orNil()
}
