package sealed

import "context"

// Interrupted returns a forgetter that passed may stop after each step.
func Interrupted[ID, Pos comparable, M any](f *Forgetter[ID, Pos, M], passed func(step string) error) *Forgetter[ID, Pos, M] {
	c := *f
	c.passed = passed
	return &c
}

// Cached returns how many keys are cached.
func (c *Codec) Cached() int {
	c.keys.cache.mu.Lock()
	defer c.keys.cache.mu.Unlock()
	return len(c.keys.cache.bySubject)
}

// Destroy destroys the key of a subject.
func (c *Codec) Destroy(ctx context.Context, subject string) error {
	return c.keys.destroy(ctx, subject)
}

// DecodeEnvelope decodes an envelope and encodes it again.
func DecodeEnvelope(data []byte) ([]byte, error) {
	e, err := decodeEnvelope(data)
	return e.encode(), err
}

// DecodeKeyRecord decodes a record of the key store and encodes it again.
func DecodeKeyRecord(data []byte) ([]byte, error) {
	r, err := decodeKeyRecord(data)
	return r.encode(), err
}

// WithSum returns bytes with the sum of an event of a kind.
func WithSum(data []byte, kind string) []byte { return appendSum(append([]byte(nil), data...), kind) }
