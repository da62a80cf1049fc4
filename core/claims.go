package core

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/jetsource/jetsource/core/internal/resume"
)

// claimEntries returns the entries that record claims, which may be those of several
// aggregates: what one releases another may take. A value that another aggregate has is a
// [TakenError].
func claimEntries[ID, Pos comparable, M any](ctx context.Context, store SystemStore[ID, Pos, M], claims []claim) (commits []Commit[ID, Pos, M], err error) {
	if len(claims) == 0 {
		return nil, nil
	}
	secret, err := uniqueSecret(ctx, store)
	if err != nil {
		return nil, err
	}
	byKey := make(map[EntryKey][]claim)
	for _, c := range claims {
		key := uniqueKey(secret, c.set, c.value)
		byKey[key] = append(byKey[key], c)
	}
	for key, all := range byKey {
		c, err := claimEntry(ctx, store, key, all)
		if err != nil {
			return nil, err
		}
		if c.Entry != nil {
			commits = append(commits, c)
		}
	}
	return commits, nil
}

// claimEntry returns the commit of the entry that records claims to one value; without an
// entry if nothing changes.
func claimEntry[ID, Pos comparable, M any](ctx context.Context, store SystemStore[ID, Pos, M], key EntryKey, claims []claim) (c Commit[ID, Pos, M], err error) {
	now, at, err := ownerOf(ctx, store, key)
	if err != nil {
		return c, err
	}
	next := now
	for _, c := range claims {
		if !c.take && c.owner == now {
			next = ""
		}
	}
	for _, c := range claims {
		switch {
		case !c.take || next == c.owner:
		case next != "":
			return Commit[ID, Pos, M]{}, &TakenError{Set: c.set, Owner: ownerName(next)}
		default:
			next = c.owner
		}
	}
	if next == now {
		return c, nil
	}
	c.Expected = at
	c.Entry = &Entry{Key: key, Kind: takenKind, Data: []byte(next)}
	if next == "" {
		c.Entry.Kind, c.Entry.Data = releasedKind, []byte("{}")
	}
	return c, nil
}

// ownerName returns the owner of an entry as people read it.
func ownerName(text string) string {
	var o owner
	var id string
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return text
	}
	if json.Unmarshal(o.ID, &id) != nil {
		id = string(o.ID)
	}
	return o.Kind + " " + id
}

// secretKey is the key of the entry that holds the key of a store's hashes.
var secretKey = EntryKey{Kind: uniqueKind, Name: "key"}

// secrets are the keys of the hashes of stores, by their identifiers.
var secrets sync.Map

// uniqueSecret returns the key of the hashes of a store's unique values, which is recorded
// once, when the first value is taken or looked up.
func uniqueSecret[ID, Pos comparable, M any](ctx context.Context, store SystemStore[ID, Pos, M]) ([]byte, error) {
	id := resume.StoreID(store)
	if known, ok := secrets.Load(id); ok {
		return known.([]byte), nil
	}
	secret, err := recordedSecret(ctx, store)
	if err == nil && id != "" {
		secrets.Store(id, secret)
	}
	return secret, err
}

func recordedSecret[ID, Pos comparable, M any](ctx context.Context, store SystemStore[ID, Pos, M]) (secret []byte, err error) {
	for {
		last, ok, err := store.LastEntry(ctx, secretKey)
		if err != nil {
			return nil, err
		}
		if ok {
			if err := json.Unmarshal(last.Data, &secret); err != nil {
				return nil, fmt.Errorf("entry %s at %v: %w", secretKey, last.Position, err)
			}
			return secret, nil
		}
		secret = make([]byte, 32)
		_, _ = rand.Read(secret) // it never fails
		data, err := json.Marshal(secret)
		if err != nil {
			return nil, err
		}
		_, err = store.Commit(ctx, Commit[ID, Pos, M]{Entry: &Entry{Key: secretKey, Kind: "key", Data: data}})
		if err != nil && !errors.Is(err, ErrConflict) {
			return nil, err
		}
	}
}

// hasSet reports whether an entry's key is of one of some sets.
func hasSet(key EntryKey, sets []string) bool {
	return key != secretKey && slices.ContainsFunc(sets, func(set string) bool {
		return len(key.Name) == len(set)+1+32 && key.Name[:len(set)] == set
	})
}
