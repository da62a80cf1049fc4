package core

// advance folds events that are not recorded yet into state, from the folded-th on, and
// returns how many of them it holds then. Each is replaced by a copy and folded as it will
// be read: it shares nothing with the state, nor with what a command has kept.
func (r *Repository[A, ID, Pos, M]) advance(state *A, events []Event, folded int) (int, error) {
	for ; folded < len(events); folded++ {
		if err := r.advanceOne(state, &events[folded]); err != nil {
			return folded, &EncodeError{Index: folded, Kind: events[folded].EventKind(), Err: err}
		}
	}
	return folded, nil
}

func (r *Repository[A, ID, Pos, M]) advanceOne(state *A, e *Event) (err error) {
	defer recoverPanic(&err)
	from, err := r.journal.reread(*e)
	if err != nil {
		return err
	}
	copied, err := r.aggregate.copyOf(*e, from)
	if err != nil {
		return err
	}
	*e = copied
	return r.aggregate.fold(state, copied.EventKind(), applied, from)
}
