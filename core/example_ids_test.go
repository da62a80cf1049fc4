package core_test

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// TableID is how this application names a table. The store knows strings.
type TableID struct {
	Floor, Number int
}

func (id TableID) String() string { return fmt.Sprintf("%d-%d", id.Floor, id.Number) }

type GuestSeated struct{ Name string }

func (GuestSeated) EventKind() string { return "table.seated" }

type Table struct{ Guests []string }

var tables = core.DefineAggregate("table",
	core.On(func(t *Table, e GuestSeated) { t.Guests = append(t.Guests, e.Name) }),
)

type SeatGuest struct{ Name string }

func (c SeatGuest) Handle(Table) ([]core.Event, error) {
	return []core.Event{GuestSeated(c)}, nil
}

func ExampleNewRepositoryWithIDs() {
	ctx := context.Background()
	store := memory.New[string, core.NoMetadata]()
	repo := core.NewRepositoryWithIDs(store, tables, TableID.String)

	for _, guest := range []string{"ada", "bob"} {
		if _, err := repo.Upsert(ctx, TableID{Floor: 2, Number: 7}, SeatGuest{guest}); err != nil {
			fmt.Println(err)
			return
		}
	}
	table, version, err := repo.Load(ctx, TableID{Floor: 2, Number: 7})
	fmt.Println(table.Guests, version, err)
	fmt.Println(store.Version(ctx, core.Key[string]{Kind: "table", ID: "2-7"}))
	// Output:
	// [ada bob] 2 <nil>
	// 2 <nil>
}
