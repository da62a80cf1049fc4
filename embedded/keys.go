package embedded

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"

	"github.com/nats-io/nats-server/v2/server"
	"golang.org/x/crypto/chacha20poly1305"
)

const (
	keySuffix  = ".key"
	minKeyFile = 64 // bytes; a server treats a shorter key file as damaged
	seedSize   = 32 // bytes; what a key file holds, sealed
)

// keys are the keys of a server for encryption at rest. Each stream, and each
// block of its messages, has a random seed of its own in a key file, sealed
// with a key that is derived from the server's and from the name of the thing.
type keys struct {
	known  []string // JetStreamKey, JetStreamOldKey
	hidden bool     // a TPM has the key, and gives it to the server alone
}

func keysOf(opts *server.Options) keys {
	k := keys{hidden: opts.JetStreamTpm.KeysFile != ""}
	// The server looks at the old key only if there is a new one.
	if opts.JetStreamKey != "" {
		k.known = append(k.known, opts.JetStreamKey)
		if opts.JetStreamOldKey != "" {
			k.known = append(k.known, opts.JetStreamOldKey)
		}
	}
	return k
}

// none reports whether the server encrypts nothing.
func (k keys) none() bool { return len(k.known) == 0 && !k.hidden }

// open returns nil if the server can open a key file with that content, of what
// is called name in the account; else [ErrDamaged], [ErrNoKey] or
// [ErrWrongKey]. A file in a form that this version of the server does not
// write is the server's to judge.
func (k keys) open(sealed []byte, account, name string) error {
	if len(sealed) < minKeyFile {
		return ErrDamaged
	}
	if k.hidden {
		return nil
	}
	if k.none() {
		return ErrNoKey
	}
	known := false
	for _, key := range k.known {
		derived := hmac.New(sha256.New, []byte(key))
		derived.Write([]byte(account))
		derived.Write([]byte(name))
		for _, c := range ciphers(derived.Sum(nil)) {
			n := c.NonceSize()
			if len(sealed) != n+seedSize+c.Overhead() {
				continue
			}
			known = true
			if _, err := c.Open(nil, sealed[:n], sealed[n:], nil); err == nil {
				return nil
			}
		}
	}
	if known {
		return ErrWrongKey
	}
	return nil
}

// ciphers are those that a server can be set to, with a key of 32 bytes: it
// reads what was written with either.
func ciphers(key []byte) []cipher.AEAD {
	var all []cipher.AEAD
	if c, err := chacha20poly1305.NewX(key); err == nil {
		all = append(all, c)
	}
	if block, err := aes.NewCipher(key); err == nil {
		if c, err := cipher.NewGCMWithNonceSize(block, block.BlockSize()); err == nil {
			all = append(all, c)
		}
	}
	return all
}
