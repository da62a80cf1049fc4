package sealed

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// An envelope stands in place of a personal value: magic, its form, the id of the data
// key, the subject and the stored name of the field, each after its length, the nonce and
// what was encrypted. Only what is in form sealedForm has a key, a nonce and more.
type envelope struct {
	form    byte
	key     keyID
	subject string
	field   string
	nonce   []byte
	text    []byte // encrypted, with its tag
}

const magic = "\xe5js"

// The forms of envelopes. Their numbers are stored.
const (
	sealedForm byte = 1 + iota
	zeroForm        // the zero value, of a subject that is empty or was forgotten
	erasedForm      // what a field of a forgotten subject reads as
)

// keyID tells a data key from others of its subject.
type keyID [8]byte

const nonceSize, tagSize = 12, 16

func (e *envelope) encode() []byte {
	b := make([]byte, 0, len(magic)+1+len(e.key)+2*binary.MaxVarintLen32+len(e.subject)+len(e.field)+nonceSize+len(e.text))
	b = append(append(b, magic...), e.form)
	if e.form == sealedForm {
		b = append(b, e.key[:]...)
	}
	b = appendText(appendText(b, e.subject), e.field)
	return append(append(b, e.nonce...), e.text...)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// decodeEnvelope returns the envelope of some bytes. An envelope has one encoding.
func decodeEnvelope(b []byte) (envelope, error) {
	e, b, err := decodeHead(b)
	if err != nil {
		return envelope{}, err
	}
	if e.form != sealedForm && len(b) > 0 || e.form == sealedForm && len(b) < nonceSize+tagSize {
		return envelope{}, fmt.Errorf("%w: a sealed value has another length", ErrDamaged)
	}
	if e.form == sealedForm {
		e.nonce, e.text = b[:nonceSize], b[nonceSize:]
	}
	return e, nil
}

// decodeHead returns what an envelope begins with, and what follows.
func decodeHead(b []byte) (e envelope, rest []byte, err error) {
	bad := func(what string) (envelope, []byte, error) {
		return envelope{}, nil, fmt.Errorf("%w: %s", ErrDamaged, what)
	}
	b, ok := bytes.CutPrefix(b, []byte(magic))
	if !ok || len(b) == 0 {
		return bad("it is no sealed value")
	}
	e.form, b = b[0], b[1:]
	if e.form < sealedForm || e.form > erasedForm {
		return bad(fmt.Sprintf("a sealed value of the unknown form %d", e.form))
	}
	if e.form == sealedForm && len(b) < len(e.key) {
		return bad("a sealed value is cut off")
	}
	if e.form == sealedForm {
		b = b[copy(e.key[:], b):]
	}
	for _, text := range []*string{&e.subject, &e.field} {
		n, size := binary.Uvarint(b)
		if size <= 0 || size > 1 && b[size-1] == 0 || n > uint64(len(b)-size) {
			return bad("a sealed value is cut off")
		}
		*text, b = string(b[size:size+int(n)]), b[size+int(n):]
	}
	return e, b, nil
}

// bound returns what is not encrypted and cannot be changed: what the value is of.
func (e *envelope) bound(kind string) []byte {
	b := make([]byte, 0, 32+len(e.key)+len(kind)+len(e.subject)+len(e.field))
	b = append(append(b, "jetsource sealed 1"...), e.key[:]...)
	return appendText(appendText(appendText(b, kind), e.subject), e.field)
}

// seal encrypts a value for a kind.
func (e *envelope) seal(kind string, k *dataKey, value []byte) {
	e.form, e.key, e.nonce = sealedForm, k.id, randomBytes(nonceSize)
	e.text = k.aead.Seal(nil, e.nonce, value, e.bound(kind))
}

// open returns the value, or [ErrDamaged].
func (e *envelope) open(kind string, k *dataKey) ([]byte, error) {
	value, err := k.aead.Open(nil, e.nonce, e.text, e.bound(kind))
	if err != nil {
		return nil, fmt.Errorf("%w: it is not what was sealed for this kind, field and subject", ErrDamaged)
	}
	return value, nil
}

// The bytes of an event end with a sum over its kind and all of them, in a line of its own,
// so that damage is noticed also where the key is not there any more: "\n#0123456789abcdef".
const (
	sumPrefix = "\n#"
	sumSize   = 8 // bytes, before they are written as digits
)

func appendSum(data []byte, kind string) []byte {
	sum := sumOf(data, kind)
	return hex.AppendEncode(append(data, sumPrefix...), sum)
}

func sumOf(data []byte, kind string) []byte {
	h := sha256.New()
	h.Write(appendText(nil, kind))
	h.Write(data)
	return h.Sum(nil)[:sumSize]
}

// cutSum returns the bytes without their sum, or [ErrDamaged].
func cutSum(data []byte, kind string) ([]byte, error) {
	n := len(data) - len(sumPrefix) - 2*sumSize
	if n < 0 || string(data[n:n+len(sumPrefix)]) != sumPrefix {
		return nil, fmt.Errorf("%w: the sum at the end is missing", ErrDamaged)
	}
	if string(data[n+len(sumPrefix):]) != hex.EncodeToString(sumOf(data[:n], kind)) {
		return nil, fmt.Errorf("%w: the bytes are not those that were written for kind %.64q", ErrDamaged, kind)
	}
	return data[:n], nil
}
