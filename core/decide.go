package core

import "context"

// Decide returns what cmd leads to without recording it, for a caller that records it with
// something else: a reaction, as its outputs. It is the commit to the aggregate, at the
// version that was loaded, and with it the entries of unique values that it changes. There
// is none if the command emits no events, or has an id and was recorded before. The
// aggregate may or may not exist. Where a transaction does, use [Transact].
func (r *Repository[A, ID, Pos, M]) Decide(ctx context.Context, id ID, cmd Command[A]) ([]Commit[ID, Pos, M], error) {
	ctx, end := r.beginCommand(ctx, "decide", id, cmd)
	commits, err := r.undone(ctx, id, request[A, Pos]{cmd: cmd})
	err = r.wrap("decide", id, err)
	if end != nil {
		end(err)
	}
	return commits, err
}

func (r *Repository[A, ID, Pos, M]) undone(ctx context.Context, id ID, q request[A, Pos]) ([]Commit[ID, Pos, M], error) {
	if err := q.begin(ctx); err != nil {
		return nil, err
	}
	l, events, processed, err := r.decideOnLoaded(ctx, id, q)
	if err != nil || !processed.IsZero() || len(events) == 0 {
		return nil, err
	}
	claims, err := r.claimed(id, l, events)
	if err != nil {
		return nil, err
	}
	entries, err := r.journal.entries(ctx, claims)
	if err != nil {
		return nil, err
	}
	return append([]Commit[ID, Pos, M]{r.newCommit(ctx, id, l.version, events, q.command)}, entries...), nil
}
