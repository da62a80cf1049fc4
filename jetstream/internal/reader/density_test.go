package reader

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// A server has some 22,000 messages of 380 bytes in a block. What is expected was
// measured: see isDense.
func TestDenseSubjectsAreReadTogether(t *testing.T) {
	for name, c := range map[string]struct {
		subjects int
		gap      uint64
		more     bool // than the page
		together bool
	}{
		"one subject":               {1, 1, true, false},
		"two":                       {2, 1, true, false},
		"three, close together":     {3, 100, true, false},
		"three, some between":       {3, 1000, true, true},
		"eight, next to each other": {8, 8, true, false},
		"three, far apart":          {3, 10_000, true, false},
		"eight, some in each block": {8, 8000, true, true},
		"eight, one in each block":  {8, 22_000, true, false},
		"eight, one in many blocks": {8, 1_000_000, true, false},
		"eight that are at an end":  {8, 10, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			var cursors []*cursor
			for range c.subjects {
				one := &cursor{subject: "s"}
				for i := range uint64(firstPage) {
					one.page = append(one.page, &wire.Message{Seq: 1 + i*c.gap, Subject: "s", Data: make([]byte, 370)})
				}
				if one.last = one.page[firstPage-1].Seq; c.more {
					one.last++
				}
				one.next = one.page[firstPage-1].Seq + 1
				cursors = append(cursors, one)
			}
			require.Equal(t, c.together, isDense(cursors))
		})
	}
}

func TestFirstPagesOfDenseSubjectsAreSmall(t *testing.T) {
	for name, c := range map[string]struct {
		subjects int
		gap      uint64 // the last messages
		count    int
	}{
		"one subject":                {1, 0, 16},
		"next to each other":         {8, 1, 16},
		"some messages between":      {8, 100, 10},
		"very many messages between": {8, 1000, 2},
		"none in the same block":     {8, 100_000, 16},
	} {
		t.Run(name, func(t *testing.T) {
			var heads []*wire.Message
			for i := range c.subjects {
				heads = append(heads, &wire.Message{Seq: 1 + uint64(i)*c.gap, Subject: "s", Data: make([]byte, 370)})
			}
			require.Equal(t, c.count, firstPageOf(heads))
		})
	}
}
