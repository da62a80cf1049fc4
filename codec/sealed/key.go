package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
)

// dataKey is the key of a subject, ready for use.
type dataKey struct {
	id   keyID
	aead cipher.AEAD
}

const keySize = 32 // AES-256

func newAEAD(secret []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails
	return b
}

// keyRecord is the value of a subject in the key store: its format, the wrapping key after
// its length, the id, the wrapped key, and a sum over these.
type keyRecord struct {
	wrappedBy string // empty for a key that is not wrapped
	id        keyID
	wrapped   []byte
}

const keyFormat = 1

func (r keyRecord) encode() []byte {
	b := appendText([]byte{keyFormat}, r.wrappedBy)
	b = append(append(b, r.id[:]...), r.wrapped...)
	sum := sha256.Sum256(b)
	return append(b, sum[:sumSize]...)
}

func decodeKeyRecord(b []byte) (r keyRecord, err error) {
	n := len(b) - sumSize
	if n < 2+len(r.id) || b[0] != keyFormat || 2+int(b[1])+len(r.id) > n || b[1] > maxKeyName {
		return r, fmt.Errorf("%w: it is no key", ErrDamaged)
	}
	if sum := sha256.Sum256(b[:n]); string(sum[:sumSize]) != string(b[n:]) {
		return r, fmt.Errorf("%w: the key is not the one that was written", ErrDamaged)
	}
	name := 2 + int(b[1])
	r.wrappedBy, r.wrapped = string(b[2:name]), b[name+len(r.id):n]
	copy(r.id[:], b[name:])
	return r, nil
}
