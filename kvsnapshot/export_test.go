package kvsnapshot

// PositionOf returns the position of a stored snapshot.
func PositionOf(value []byte) (uint64, error) {
	z, err := newCompressor()
	if err != nil {
		return 0, err
	}
	c, err := z.decodeValue(value)
	return c.snapshot.Position, err
}
