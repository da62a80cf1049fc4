package powerfs

import "math/rand/v2"

// sector is what a disk writes whole or not at all, in bytes.
const sector = 512

// chance chooses what survives without a sync.
type chance struct {
	mode Mode
	rand *rand.Rand
}

func newChance(opts Options) *chance {
	return &chance{mode: opts.Mode, rand: rand.New(rand.NewPCG(opts.Seed, 0))}
}

// operations returns how many of n unsynced operations survive, from the first.
func (c *chance) operations(n int) int {
	switch c.mode {
	case Prefix, Sectors:
		return c.rand.IntN(n + 1)
	case KeepAll:
		return n
	default:
		return 0
	}
}

// writes returns which bytes survive of each of the changes of a file; what it
// returns for a truncation means nothing.
func (c *chance) writes(changes []change) [][]span {
	kept := make([][]span, len(changes))
	switch c.mode {
	case Prefix:
		c.prefix(changes, kept)
	case Sectors:
		c.sectors(changes, kept)
	case KeepAll:
		for i := range changes {
			kept[i] = []span{changes[i].span()}
		}
	}
	return kept
}

// prefix keeps the first changes whole, and the beginning of the next one.
func (c *chance) prefix(changes []change, kept [][]span) {
	whole := c.rand.IntN(len(changes) + 1)
	for i := range whole {
		kept[i] = []span{changes[i].span()}
	}
	if whole == len(changes) {
		return
	}
	torn := changes[whole].span()
	first := torn.from/sector + 1 // the sector border after the beginning
	if borders := (torn.to-1)/sector - first + 1; borders > 0 {
		if n := c.rand.Int64N(borders + 1); n > 0 {
			kept[whole] = []span{{torn.from, (first + n - 1) * sector}}
		}
	}
}

// sectors keeps the first of the writes to each sector.
func (c *chance) sectors(changes []change, kept [][]span) {
	writes := make(map[int64]int)
	for i := range changes {
		for _, s := range changes[i].span().split() {
			writes[s.from/sector]++
		}
	}
	left := make(map[int64]int)
	for i := range changes {
		for _, s := range changes[i].span().split() {
			at := s.from / sector
			if _, chosen := left[at]; !chosen {
				left[at] = c.rand.IntN(writes[at] + 1)
			}
			if left[at] > 0 {
				left[at]--
				kept[i] = append(kept[i], s)
			}
		}
	}
}

// span is what the write wrote, which is nothing for a truncation.
func (c *change) span() span { return span{c.off, c.off + int64(c.length)} }

// split cuts the span where a sector ends.
func (s span) split() []span {
	var parts []span
	for s.from < s.to {
		end := min(s.to, (s.from/sector+1)*sector)
		parts = append(parts, span{s.from, end})
		s.from = end
	}
	return parts
}
