package sealed

import (
	"errors"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/codec"
)

// Config says how a [Codec] seals. The zero Config seals what [codec.JSON] writes, with data
// keys that the key store keeps as they are.
type Config struct {
	// Codec encodes what is sealed and what is not. Default [codec.JSON].
	Codec codec.Codec

	// KMS wraps the data keys before the key store has them. Nil leaves them as they are:
	// a reader of the key store then reads everything.
	KMS KMS

	// CacheSize is of how many subjects the data keys are kept in memory, those that were
	// used last: about 1 KiB for each. Default 100,000.
	CacheSize int

	// KeyAge is how long a data key is used before the key store is asked again, and so
	// how long [Forgetter.Forget] waits until no program has the destroyed key any more.
	// It must be the same in all programs. Default 5 s.
	KeyAge time.Duration

	// Timeout bounds each question to the key store and the KMS. Default 5 s.
	Timeout time.Duration
}

const defaultCacheSize = 100_000 // subjects

// New returns a codec whose data keys are in store. An error is one of cfg.
func New(store KeyStore, cfg Config) (*Codec, error) {
	if store == nil || cfg.CacheSize < 0 || cfg.KeyAge < 0 || cfg.Timeout < 0 {
		return nil, errors.New("sealed: config: KeyStore is nil, or CacheSize, KeyAge or Timeout is negative")
	}
	if cfg.Codec == nil {
		cfg.Codec = codec.JSON
	}
	if _, sealed := cfg.Codec.(codec.KindCodec); sealed {
		return nil, fmt.Errorf("sealed: config: Codec %s is a KindCodec itself", cfg.Codec.Name())
	}
	def := func(d *time.Duration) {
		if *d == 0 {
			*d = 5 * time.Second
		}
	}
	def(&cfg.KeyAge)
	def(&cfg.Timeout)
	if cfg.CacheSize == 0 {
		cfg.CacheSize = defaultCacheSize
	}
	return &Codec{
		inner: cfg.Codec,
		keys:  &keyring{store: store, kms: cfg.KMS, timeout: cfg.Timeout, cache: newCache(cfg.CacheSize, cfg.KeyAge)},
	}, nil
}
