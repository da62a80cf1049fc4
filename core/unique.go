package core

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
)

// unique says which value of a state only one aggregate of a set may have.
type unique[A any] struct {
	set   string
	value func(A) string
}

// WithUnique returns the aggregate with a value that no two of a set may have at once,
// such as an e-mail address:
//
//	customers.WithUnique("customer.email", func(c Customer) string { return strings.ToLower(c.Email) })
//
// Value is pure and returns the value as it is compared; an empty one is none. Aggregates
// of several kinds may share a set. A commit that changes the value takes the new one and
// releases the old one, all or nothing: if another aggregate has it, the command is a
// [TakenError]. So every writer must know the set. What was recorded before it was declared
// is brought in by [BuildUnique].
//
// The store must be a [SystemStore]: each value that was ever taken is an entry, under a
// hash that has a key of the store's own, with the identifier of its owner. A command that
// changes a value is always checked. WithUnique panics for a set without a name, and for
// one that the aggregate has already.
func (g *Aggregate[A]) WithUnique(set string, value func(A) string) *Aggregate[A] {
	if set == "" {
		panic(fmt.Sprintf("core: aggregate %s: a set of unique values has no name", g.kind))
	}
	for _, u := range g.uniques {
		if u.set == set {
			panic(fmt.Sprintf("core: aggregate %s: two values for the set %q", g.kind, set))
		}
	}
	c := *g
	c.uniques = slices.Concat(g.uniques, []unique[A]{{set, value}})
	return &c
}

// values returns the unique values of a state, in the order of the sets. A panic is a
// [PanicError].
func (g *Aggregate[A]) values(state A) (all []string, err error) {
	defer recoverPanic(&err)
	for _, u := range g.uniques {
		all = append(all, u.value(state))
	}
	return all, nil
}

// claim is that an aggregate takes a value of a set, or releases it.
type claim struct {
	set, value string
	owner      string // the aggregate: its kind and identifier, as JSON
	take       bool
}

// claims returns what the change of some values means.
func (g *Aggregate[A]) claims(before, after []string, owner string) (all []claim) {
	for i, u := range g.uniques {
		if before[i] == after[i] {
			continue
		}
		if before[i] != "" {
			all = append(all, claim{set: u.set, value: before[i], owner: owner})
		}
		if after[i] != "" {
			all = append(all, claim{set: u.set, value: after[i], owner: owner, take: true})
		}
	}
	return all
}

// owner is an aggregate that has a unique value, as an entry holds it.
type owner struct {
	Kind string          `json:"kind"`
	ID   json.RawMessage `json:"id"`
}

// ownerText returns the aggregate of a key as an entry holds it.
func ownerText[ID comparable](key Key[ID]) (string, error) {
	id, err := json.Marshal(key.ID)
	if err != nil {
		return "", fmt.Errorf("owner %v of a unique value: %w", key, err)
	}
	text, err := json.Marshal(owner{key.Kind, id})
	return string(text), err
}

// parseOwner returns the key that ownerText was given.
func parseOwner[ID comparable](text string) (key Key[ID], err error) {
	var o owner
	if err = json.Unmarshal([]byte(text), &o); err == nil {
		err = json.Unmarshal(o.ID, &key.ID)
	}
	key.Kind = o.Kind
	return key, err
}

// uniqueKind begins the keys of entries for unique values, and is their kind.
const (
	uniqueKind   = "_unique"
	takenKind    = "taken"
	releasedKind = "released"
)

// uniqueKey returns the key of a value's entries.
func uniqueKey(secret []byte, set, value string) EntryKey {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(set))
	h.Write([]byte{0})
	h.Write([]byte(value))
	return EntryKey{Kind: uniqueKind, Name: set + " " + hex.EncodeToString(h.Sum(nil)[:16])}
}

// Owner returns the aggregate that has a value of a set, see [Aggregate.WithUnique]; false
// if none has it. The value is given as it is compared.
func Owner[ID, Pos comparable, M any](ctx context.Context, store SystemStore[ID, Pos, M], set, value string) (key Key[ID], taken bool, err error) {
	secret, err := uniqueSecret(ctx, store)
	if err != nil {
		return key, false, err
	}
	text, _, err := ownerOf(ctx, store, uniqueKey(secret, set, value))
	if text == "" || err != nil {
		return key, false, err
	}
	key, err = parseOwner[ID](text)
	return key, err == nil, err
}

// ownerOf returns the text of the aggregate that an entry names, empty if it was released
// or there is none, and the version of the entry's key.
func ownerOf[ID, Pos comparable, M any](ctx context.Context, store SystemStore[ID, Pos, M], key EntryKey) (text string, at Version[Pos], err error) {
	last, ok, err := store.LastEntry(ctx, key)
	if !ok || err != nil {
		return "", at, err
	}
	if at = At(last.Position); last.Kind == takenKind {
		text = string(last.Data)
	}
	return text, at, nil
}

// TakenError reports that another aggregate has a value that only one may have. Nothing
// was written. It matches [ErrTaken].
type TakenError struct {
	Set   string
	Owner string // the aggregate's kind and identifier, as text
}

func (e *TakenError) Error() string {
	return fmt.Sprintf("%v: %s, by %s", ErrTaken, e.Set, e.Owner)
}

// Is makes every TakenError match [ErrTaken].
func (e *TakenError) Is(target error) bool { return target == ErrTaken }
