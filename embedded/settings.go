package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/minio/highwayhash"
	"github.com/nats-io/nats-server/v2/server"
)

// check returns why a server with these keys would not recover the stream.
func (f streamFolder) check(k keys, alone bool) error {
	sealed, err := f.read(server.JetStreamMetaFileKey)
	if err != nil {
		return err
	}
	if sealed != nil {
		if err := k.open(sealed, f.account, f.stream); err != nil {
			return fmt.Errorf("%s: %w", server.JetStreamMetaFileKey, err)
		}
	}
	if alone {
		// A cluster tells its members the settings of their streams.
		if err := f.checkSettings(sealed != nil); err != nil {
			return err
		}
	}
	return f.checkBlocks(k, alone)
}

// checkSettings returns why the server could not read the stream's settings.
func (f streamFolder) checkSettings(encrypted bool) error {
	settings, err := f.read(server.JetStreamMetaFile)
	if err != nil {
		return err
	}
	sum, err := f.read(server.JetStreamMetaFileSum)
	if err != nil {
		return err
	}
	switch {
	case len(settings) == 0:
		return damaged(server.JetStreamMetaFile, "is missing or empty")
	case len(sum) == 0:
		return damaged(server.JetStreamMetaFileSum, "is missing or empty")
	case !f.matches(settings, string(sum)):
		return damaged(server.JetStreamMetaFile, "does not match "+server.JetStreamMetaFileSum+", or the folder was renamed")
	case !encrypted && !json.Valid(settings):
		return damaged(server.JetStreamMetaFileKey, "is missing")
	}
	return nil
}

// matches reports whether sum is the checksum of the settings, of which the
// folder's name is the key. A sum that has another form than this version of
// the server gives it is the server's to judge.
func (f streamFolder) matches(settings []byte, sum string) bool {
	key := sha256.Sum256([]byte(f.stream))
	hash, err := highwayhash.New64(key[:])
	if err != nil || len(sum) != hex.EncodedLen(hash.Size()) {
		return true
	}
	_, _ = hash.Write(settings)
	return hex.EncodeToString(hash.Sum(nil)) == sum
}

func damaged(file, how string) error { return fmt.Errorf("%w: %s %s", ErrDamaged, file, how) }
