package sealed

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"sync"
)

// KMS wraps data keys: it encrypts them with a key of its own, which never leaves it. Its
// methods are safe for concurrent use. An error of theirs is a [KeyStoreError].
type KMS interface {
	// Wrap encrypts a data key with the wrapping key that is current, and returns its
	// name, of 1 to 100 bytes, by which Unwrap finds it for as long as there are records
	// with it. What was wrapped for one subject must not be unwrapped for another. It
	// does not keep key.
	Wrap(ctx context.Context, subject string, key []byte) (name string, wrapped []byte, err error)

	// Unwrap returns what Wrap was given. The bytes belong to the caller.
	Unwrap(ctx context.Context, subject, name string, wrapped []byte) ([]byte, error)
}

const maxKeyName = 100 // bytes, so that its length is one byte

// LocalKMS is a [KMS] whose wrapping keys are in this program. It may be used by several
// goroutines at once.
type LocalKMS struct {
	mu      sync.RWMutex // guards the fields below
	current string
	keys    map[string]cipher.AEAD
}

// NewLocalKMS returns a KMS with one wrapping key of 32 bytes, under a name of 1 to 100
// bytes.
func NewLocalKMS(name string, key []byte) (*LocalKMS, error) {
	k := &LocalKMS{keys: make(map[string]cipher.AEAD)}
	return k, k.Rotate(name, key)
}

// Rotate adds a wrapping key, which is the current one from here on. The former ones stay
// for what they have wrapped: see [Codec.Rewrap]. A name stands for one key for ever.
func (k *LocalKMS) Rotate(name string, key []byte) error {
	if name == "" || len(name) > maxKeyName || len(key) != keySize {
		return fmt.Errorf("wrapping key %.64q of %d bytes: a name has 1 to %d bytes, and a key %d", name, len(key), maxKeyName, keySize)
	}
	aead, err := newAEAD(key)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys[name] != nil {
		return fmt.Errorf("there is a wrapping key %q", name)
	}
	k.current, k.keys[name] = name, aead
	return nil
}

// Remove removes a wrapping key that is not the current one: what it has wrapped cannot be
// read any more.
func (k *LocalKMS) Remove(name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if name == k.current {
		return errors.New("the wrapping key is the current one")
	}
	delete(k.keys, name)
	return nil
}

// Wrap encrypts a data key.
func (k *LocalKMS) Wrap(_ context.Context, subject string, key []byte) (string, []byte, error) {
	k.mu.RLock()
	name, aead := k.current, k.keys[k.current]
	k.mu.RUnlock()
	nonce := randomBytes(nonceSize)
	return name, aead.Seal(nonce, nonce, key, []byte(subject)), nil
}

// Unwrap decrypts a data key. A name that is not known is an error.
func (k *LocalKMS) Unwrap(_ context.Context, subject, name string, wrapped []byte) ([]byte, error) {
	k.mu.RLock()
	aead := k.keys[name]
	k.mu.RUnlock()
	if aead == nil {
		return nil, fmt.Errorf("no wrapping key %q", name)
	}
	if len(wrapped) < nonceSize {
		return nil, fmt.Errorf("%w: a wrapped key of %d bytes", ErrDamaged, len(wrapped))
	}
	key, err := aead.Open(nil, wrapped[:nonceSize], wrapped[nonceSize:], []byte(subject))
	if err != nil {
		return nil, fmt.Errorf("%w: the key is not what %q has wrapped for the subject", ErrDamaged, name)
	}
	return key, nil
}
