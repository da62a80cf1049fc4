package kvsnapshot

// PositionOf returns the position of a stored snapshot.
func PositionOf(value []byte) (uint64, error) {
	p, err := newPress()
	if err != nil {
		return 0, err
	}
	plain, err := p.unseal(value)
	if err != nil {
		return 0, err
	}
	c, err := decodeContent(plain)
	return c.snap.Position, err
}
