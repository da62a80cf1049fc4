package sealed

import (
	"context"
	"errors"
	"fmt"
)

// Rewrap has the current wrapping key of the KMS wrap all data keys that another one has
// wrapped, or none, and returns how many. After that the former wrapping keys can be
// removed. Events and snapshots are not touched. It may run while others read and write,
// and can be run again after it was interrupted.
func (c *Codec) Rewrap(ctx context.Context) (int, error) {
	k := c.keys
	if k.kms == nil {
		return 0, errors.New("rewrap: there is no KMS")
	}
	current, _, err := k.kms.Wrap(ctx, "", make([]byte, keySize))
	if err != nil {
		return 0, fmt.Errorf("rewrap: %w", err)
	}
	n := 0
	for subject, err := range k.store.Subjects(ctx) {
		rewrapped := false
		if err == nil {
			rewrapped, err = k.rewrap(ctx, subject, current)
		}
		if err != nil {
			return n, fmt.Errorf("rewrap: %w", &KeyStoreError{Subject: subject, Err: err})
		}
		if rewrapped {
			n++
		}
	}
	return n, nil
}

// rewrap reports whether the key of a subject had another wrapping key, and none of other
// programs was faster.
func (k *keyring) rewrap(ctx context.Context, subject, current string) (bool, error) {
	for {
		value, revision, err := k.store.Load(ctx, subject)
		if errors.Is(err, ErrForgotten) || errors.Is(err, ErrNoKey) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		r, err := decodeKeyRecord(value)
		if err != nil || r.wrappedBy == current {
			return false, err
		}
		secret, err := k.secret(ctx, subject, r)
		if err != nil {
			return false, err
		}
		if r, err = k.wrap(ctx, subject, r.id, secret); err != nil {
			return false, err
		}
		if err = k.store.Store(ctx, subject, r.encode(), revision); !errors.Is(err, ErrChanged) {
			return err == nil, err
		}
	}
}
