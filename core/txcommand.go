package core

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// A transaction with a command id is recorded by an entry, which is there only once.
const transactionKind = "_transaction"

// transactionEntry is what the entry holds.
type transactionEntry struct {
	Fingerprint string `json:"fingerprint,omitempty"`
}

// errCommandSeen says that an aggregate knows the command's id: by this transaction, sent
// before, or by another command.
var errCommandSeen = errors.New("command id was recorded before")

func transactionKey(id string) EntryKey { return EntryKey{Kind: transactionKind, Name: id} }

// commandEntry returns the commit of the entry that records a transaction's command.
func commandEntry[ID, Pos comparable, M any](store any, tx *Tx) (c Commit[ID, Pos, M], err error) {
	if _, ok := store.(SystemStore[ID, Pos, M]); !ok {
		return c, errors.New("transaction: a command id needs a store that is a SystemStore")
	}
	if tx.seen {
		return c, errCommandSeen
	}
	data, err := json.Marshal(transactionEntry{tx.command.fingerprint})
	if err != nil {
		return c, err
	}
	c.Entry = &Entry{Key: transactionKey(tx.command.id), Kind: transactionKind, Data: data}
	return c, nil
}

// processed returns the version that the command of the transaction led to, if it has an
// id and was recorded before; zero if not.
func (t *transaction[ID, Pos, M]) processed(ctx context.Context, tx *Tx) (v Version[Pos], err error) {
	store, ok := t.store.(SystemStore[ID, Pos, M])
	id := CommandID(ctx)
	if id == "" || !ok {
		return v, nil
	}
	last, found, err := store.LastEntry(ctx, transactionKey(id))
	if err != nil || !found {
		return v, err
	}
	var e transactionEntry
	if err := json.Unmarshal(last.Data, &e); err != nil {
		return v, fmt.Errorf("entry %s at %v: %w", transactionKey(id), last.Position, err)
	}
	if !sameFingerprint(e.Fingerprint, tx.command.fingerprint) {
		return v, &CommandIDError{ID: id}
	}
	return At(last.Position), nil
}
