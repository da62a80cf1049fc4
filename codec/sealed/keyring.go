package sealed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/codec"
)

// keyring finds and makes the keys of subjects.
type keyring struct {
	store   KeyStore
	kms     KMS // nil for none
	timeout time.Duration
	cache   *keyCache
}

// forOpening returns the key of a subject, or [ErrForgotten], [ErrNoKey], [ErrDamaged] or a
// [KeyStoreError].
func (k *keyring) forOpening(subject string) (*dataKey, error) {
	if key, err, ok := k.cache.get(subject); ok {
		return key, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), k.timeout)
	defer cancel()
	asked := time.Now() // the key may be destroyed from here on
	value, _, err := k.store.Load(ctx, subject)
	var key *dataKey
	if err == nil {
		key, err = k.unwrap(ctx, subject, value)
	}
	switch {
	case err == nil, errors.Is(err, ErrForgotten):
		k.cache.put(subject, key, asked)
		if key == nil {
			return nil, ErrForgotten
		}
		return key, nil
	case errors.Is(err, ErrNoKey), errors.Is(err, ErrDamaged):
		return nil, err
	}
	return nil, &KeyStoreError{Subject: subject, Err: err}
}

// forSealing is forOpening, and makes a key for a subject that has none.
func (k *keyring) forSealing(subject string) (*dataKey, error) {
	key, err := k.forOpening(subject)
	if !errors.Is(err, ErrNoKey) {
		return key, err
	}
	if _, err := codec.EncodeToken(subject); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), k.timeout)
	defer cancel()
	r, err := k.wrap(ctx, subject, keyID(randomBytes(len(keyID{}))), randomBytes(keySize))
	if err == nil {
		err = k.store.Store(ctx, subject, r.encode(), 0)
	}
	if err != nil && !errors.Is(err, ErrChanged) {
		return nil, &KeyStoreError{Subject: subject, Err: err}
	}
	return k.forOpening(subject) // it may be another writer's
}

// wrap returns the record of a new key. It does not keep the secret.
func (k *keyring) wrap(ctx context.Context, subject string, id keyID, secret []byte) (r keyRecord, err error) {
	r.id = id
	if k.kms == nil {
		r.wrapped = secret
		return r, nil
	}
	defer clear(secret)
	r.wrappedBy, r.wrapped, err = k.kms.Wrap(ctx, subject, secret)
	if err == nil && (r.wrappedBy == "" || len(r.wrappedBy) > maxKeyName) {
		err = fmt.Errorf("the KMS names its key %.64q: the name must have 1 to %d bytes", r.wrappedBy, maxKeyName)
	}
	return r, err
}

func (k *keyring) unwrap(ctx context.Context, subject string, value []byte) (*dataKey, error) {
	r, err := decodeKeyRecord(value)
	if err != nil {
		return nil, err
	}
	secret, err := k.secret(ctx, subject, r)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	if len(secret) != keySize {
		return nil, fmt.Errorf("%w: a key of %d bytes", ErrDamaged, len(secret))
	}
	aead, err := newAEAD(secret)
	return &dataKey{r.id, aead}, err
}

// secret returns the data key of a record.
func (k *keyring) secret(ctx context.Context, subject string, r keyRecord) ([]byte, error) {
	switch {
	case r.wrappedBy == "":
		return r.wrapped, nil
	case k.kms == nil:
		return nil, fmt.Errorf("%w, which %q has wrapped", ErrNoKMS, r.wrappedBy)
	}
	return k.kms.Unwrap(ctx, subject, r.wrappedBy, r.wrapped)
}

// isDestroyed asks the key store, and not the cache, whether a key was destroyed.
func (k *keyring) isDestroyed(ctx context.Context, subject string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	_, _, err := k.store.Load(ctx, subject)
	switch {
	case errors.Is(err, ErrForgotten):
		return true, nil
	case err == nil, errors.Is(err, ErrNoKey), errors.Is(err, ErrDamaged):
		return false, nil
	}
	return false, &KeyStoreError{Subject: subject, Err: err}
}

// destroy destroys the key of a subject. Other programs use it for up to their KeyAge.
func (k *keyring) destroy(ctx context.Context, subject string) error {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	if err := k.store.Destroy(ctx, subject); err != nil {
		return &KeyStoreError{Subject: subject, Err: err}
	}
	k.cache.put(subject, nil, time.Now())
	return nil
}
