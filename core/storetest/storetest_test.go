package storetest_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/storetest"
)

// uuid is an id as most UUID packages have it.
type uuid [16]byte

func (u uuid) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(u[:])), nil }

func TestStringIDs(t *testing.T) {
	storetest.Run(t, storetest.Harness[string, uint64, fakes.Text]{
		Open:     func(*testing.T) core.EventStore[string, uint64, fakes.Text] { return memory.New[string, fakes.Text]() },
		ID:       func(i int) string { return fmt.Sprint("id-", i) },
		Metadata: func(i int) fakes.Text { return fakes.Text(fmt.Sprintf("\"line %d\"\r\n\x00 é 🙂", i)) },
		TextID:   func(text string) string { return text },
		Tear:     tear[string, uint64, fakes.Text],

		CommitUnreadable: fakes.CommitUnreadable[string, uint64],
	})
}

func TestUUIDs(t *testing.T) {
	storetest.Run(t, storetest.Harness[uuid, uint64, *int]{
		Open: func(*testing.T) core.EventStore[uuid, uint64, *int] { return memory.New[uuid, *int]() },
		ID: func(i int) (id uuid) {
			binary.BigEndian.PutUint64(id[8:], uint64(i))
			return id
		},
		Metadata: func(i int) *int { return &i },
	})
}

// plain hides what a store can do beside the contract.
type plain struct {
	core.EventStore[string, uint64, fakes.Text]
}

func (p plain) TearNext(keep int) { p.EventStore.(tearable[string, uint64, fakes.Text]).TearNext(keep) }

func TestPlainStore(t *testing.T) {
	storetest.Run(t, storetest.Harness[string, uint64, fakes.Text]{
		Open: func(*testing.T) core.EventStore[string, uint64, fakes.Text] {
			return plain{memory.New[string, fakes.Text]()}
		},
		ID:       func(i int) string { return fmt.Sprint(i) },
		Metadata: func(i int) fakes.Text { return fakes.Text(fmt.Sprint(i)) },
		Tear:     tear[string, uint64, fakes.Text],
	})
}
