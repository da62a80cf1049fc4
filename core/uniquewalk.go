package core

import (
	"context"
	"errors"
)

// uniqueCheck compares unique values with their entries.
type uniqueCheck[A any, ID, Pos comparable, M any] struct {
	store     UniqueStore[ID, Pos, M]
	aggregate *Aggregate[A]
	repo      *Repository[A, ID, Pos, M]
	secret    []byte
	mend      func(ctx context.Context, commits ...Commit[ID, Pos, M]) error
	yield     func(UniqueFault[ID], error) bool
}

// run looks at the entries first: a value that is released can be taken.
func (c *uniqueCheck[A, ID, Pos, M]) run(ctx context.Context) error {
	sets := make([]string, len(c.aggregate.uniques))
	for i, u := range c.aggregate.uniques {
		sets[i] = u.set
	}
	for key, err := range c.store.EntryKeys(ctx, uniqueKind) {
		if err == nil && hasSet(key, sets) {
			err = c.again(ctx, func() (UniqueFault[ID], []Commit[ID, Pos, M], error) { return c.checkEntry(ctx, key) })
		}
		if err != nil {
			return err
		}
	}
	for id, err := range c.store.IDs(ctx, c.aggregate.kind) {
		if err == nil {
			err = c.checkAggregate(ctx, id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *uniqueCheck[A, ID, Pos, M]) checkAggregate(ctx context.Context, id ID) error {
	for i := range c.aggregate.uniques {
		err := c.again(ctx, func() (UniqueFault[ID], []Commit[ID, Pos, M], error) { return c.checkValue(ctx, id, i) })
		if err != nil {
			return err
		}
	}
	return nil
}

// again checks until nothing has changed while it was checked and mended. What cannot be
// mended is yielded.
func (c *uniqueCheck[A, ID, Pos, M]) again(ctx context.Context, check func() (UniqueFault[ID], []Commit[ID, Pos, M], error)) error {
	for attempt := 0; ; attempt++ {
		fault, mending, err := check()
		if err != nil || fault.Kind == "" {
			return err
		}
		if len(mending) > 0 {
			err = c.mend(ctx, mending...)
		} else {
			err = errNotMended
		}
		switch {
		case errors.Is(err, ErrConflict):
			if err := shortBackoff.Wait(ctx, attempt); err != nil {
				return err
			}
		case !errors.Is(err, errNotMended):
			return err
		case !c.yield(fault, nil):
			return errBroken
		default:
			return nil
		}
	}
}

// checkValue compares the i-th unique value of an aggregate with its entry. A fault comes
// with the commits that mend it, if anything can. There is none if the aggregate changes
// while it is looked at: whoever changed it has seen to its values.
func (c *uniqueCheck[A, ID, Pos, M]) checkValue(ctx context.Context, id ID, i int) (fault UniqueFault[ID], mending []Commit[ID, Pos, M], err error) {
	state, version, err := c.repo.Load(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return fault, nil, nil
	}
	if err != nil {
		return fault, nil, err
	}
	values, err := c.aggregate.values(state)
	if err != nil || values[i] == "" {
		return fault, nil, err
	}
	u, key := c.aggregate.uniques[i], Key[ID]{c.aggregate.kind, id}
	self, err := ownerText(key)
	if err != nil {
		return fault, nil, err
	}
	entry := uniqueKey(c.secret, u.set, values[i])
	has, at, err := ownerOf(ctx, c.store, entry)
	if err != nil || has == self {
		return fault, nil, err
	}
	if now, err := c.store.Version(ctx, key); err != nil || now != version {
		return fault, nil, err
	}
	fault = UniqueFault[ID]{Set: u.set, Kind: UniqueMissing, Key: key}
	mending = []Commit[ID, Pos, M]{
		{Key: key, Expected: version},
		{Expected: at, Entry: &Entry{Key: entry, Kind: takenKind, Data: []byte(self)}},
	}
	if has == "" {
		return fault, mending, nil
	}
	other, err := parseOwner[ID](has)
	if err != nil {
		return fault, nil, err
	}
	if stale, release, err := c.checkEntry(ctx, entry); err != nil || stale.Kind != "" {
		return fault, append(mending, release[:min(1, len(release))]...), err // whose guard holds here, too
	}
	fault.Kind, fault.Owner = UniqueClash, other
	return fault, nil, nil
}

// checkEntry compares an entry with the state of the aggregate that it names.
func (c *uniqueCheck[A, ID, Pos, M]) checkEntry(ctx context.Context, entry EntryKey) (fault UniqueFault[ID], mending []Commit[ID, Pos, M], err error) {
	text, at, err := ownerOf(ctx, c.store, entry)
	if text == "" || err != nil {
		return fault, nil, err
	}
	key, err := parseOwner[ID](text)
	if err != nil || key.Kind != c.aggregate.kind {
		return fault, nil, err
	}
	state, version, err := c.repo.Load(ctx, key.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fault, nil, err
	}
	values, err := c.aggregate.values(state)
	if err != nil {
		return fault, nil, err
	}
	set := ""
	for i, u := range c.aggregate.uniques {
		if !hasSet(entry, []string{u.set}) {
			continue
		}
		if set = u.set; uniqueKey(c.secret, u.set, values[i]) == entry {
			return fault, nil, nil
		}
	}
	if now, err := c.store.Version(ctx, key); err != nil || now != version {
		return fault, nil, err
	}
	if now, atNow, err := ownerOf(ctx, c.store, entry); err != nil || now != text || atNow != at {
		return fault, nil, err
	}
	return UniqueFault[ID]{Set: set, Kind: UniqueStale, Key: key}, []Commit[ID, Pos, M]{
		{Key: key, Expected: version},
		{Expected: at, Entry: &Entry{Key: entry, Kind: releasedKind, Data: []byte("{}")}},
	}, nil
}
