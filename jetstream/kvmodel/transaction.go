package kvmodel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core/readmodel"
)

// transaction is a [readmodel.Transaction]: changes that are written when it ends, the
// rows first and the progress last.
type transaction struct {
	tx       *Tx
	begun    context.Context
	progress *readmodel.Progress // to be written; nil if it was not locked
	revision uint64              // of the progress; 0 for the first
	parked   []readmodel.Parked
	unparked map[string]uint64 // revisions by key
	over     bool
}

func (t *transaction) Tx() *Tx { return t.tx }

func (t *transaction) Begins(position string, part int) {
	t.tx.now, t.tx.nowErr = newMoment(position, part, t.tx.replayed)
}

func (t *transaction) Lock(ctx context.Context) (readmodel.Progress, bool, error) {
	p, revision, err := t.tx.target.surely(ctx, t.tx.layout)
	if err != nil || revision == 0 || p.Claimed {
		return readmodel.Progress{}, false, err
	}
	t.progress, t.revision = &p.Progress, revision
	return p.Progress, true, nil
}

// Create claims the progress before it removes rows of a layout that was dropped before, which
// a runner may have written since: who claims it later, or has it by now, loses none.
func (t *transaction) Create(ctx context.Context, p readmodel.Progress) error {
	target, layout := t.tx.target, t.tx.layout
	now, revision, err := target.progress(ctx, layout)
	if err != nil || revision > 0 && !now.Claimed {
		return errors.Join(err, jetstream.ErrKeyExists)
	}
	t.progress = &p
	if t.revision, err = target.update(ctx, layout, claim{p, true}, revision); err != nil {
		return err
	}
	stream, err := target.stream(ctx)
	if err != nil {
		return err
	}
	return target.purge(ctx, stream, rowPrefix(layout)+">", t.revision)
}

func (t *transaction) Save(_ context.Context, p readmodel.Progress) error {
	t.progress = &p
	return nil
}

func (t *transaction) Park(_ context.Context, p readmodel.Parked) error {
	t.parked = append(t.parked, p)
	return nil
}

func (t *transaction) Unpark(ctx context.Context, position string) (bool, error) {
	key, err := parkedKey(t.tx.layout, position)
	if err != nil {
		return false, err
	}
	entry, err := t.tx.target.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	t.unparked[key] = entry.Revision()
	t.tx.replayed = true // what comes now is out of order
	return true, nil
}

func (t *transaction) Commit(ctx context.Context) error {
	switch {
	case t.over:
		return errors.New("kvmodel: transaction is over")
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case t.begun.Err() != nil:
		return context.Cause(t.begun)
	}
	t.over = true
	if err := t.writeRows(ctx); err != nil {
		return err
	}
	kv := t.tx.target.kv
	for _, p := range t.parked {
		key, err := parkedKey(t.tx.layout, p.Position)
		if err != nil {
			return err
		}
		data, err := json.Marshal(p)
		if err != nil {
			return err
		}
		if _, err := kv.Put(ctx, key, data); err != nil {
			return err
		}
	}
	if t.progress != nil {
		if _, err := t.tx.target.update(ctx, t.tx.layout, claim{*t.progress, false}, t.revision); err != nil {
			return err
		}
	}
	for key, revision := range t.unparked {
		if err := kv.Delete(ctx, key, jetstream.LastRevision(revision)); err != nil {
			return err
		}
	}
	return nil
}

// writeRows writes the rows that were changed, unless they were written since they were
// read. All are on their way at once.
func (t *transaction) writeRows(ctx context.Context) error {
	acks := make([]jetstream.PubAckFuture, len(t.tx.order))
	for i, key := range t.tx.order {
		c := t.tx.rows[key]
		data, err := json.Marshal(c.row)
		if err != nil {
			return err
		}
		msg := nats.NewMsg(t.tx.target.subject(key))
		msg.Data = data
		acks[i], err = t.tx.target.js.PublishMsgAsync(msg, jetstream.WithExpectLastSequencePerSubject(c.revision))
		if err != nil {
			return fmt.Errorf("write row %s: %w", key, err)
		}
	}
	var failed error
	for i, ack := range acks {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			if failed == nil {
				failed = fmt.Errorf("write row %s: %w", t.tx.order[i], err)
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return failed
}

func (t *transaction) Rollback() error {
	t.over = true
	return nil
}
