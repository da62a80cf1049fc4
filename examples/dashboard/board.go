package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
)

// The application fixes the type parameters of the library here, once.
type (
	Version          = core.Version[uint64]
	Store            = core.SubscribableStore[string, uint64, core.NoMetadata]
	Snapshots        = core.SnapshotStore[string, uint64]
	Products         = core.Repository[Product, string, uint64, core.NoMetadata]
	LiveBoard        = projection.Live[Board, string, uint64, core.NoMetadata]
	of[E core.Event] = core.Recorded[E, string, uint64, core.NoMetadata]
	envelope         = core.Envelope[string, uint64, core.NoMetadata]
)

// Board is what the dashboard shows: all products, and the latest moves.
type Board struct {
	At       Version
	Products map[string]Line
	Pieces   int64
	Moved    int
	Moves    []Move // the latest, oldest first
}

// Line is a product on the board.
type Line struct {
	Name     string    `json:"name"`
	Stock    int64     `json:"stock"`
	Received int64     `json:"received"`
	Shipped  int64     `json:"shipped"`
	Changed  time.Time `json:"changed"`
}

// Move is a change of stock: by how much, and to what.
type Move struct {
	Version Version   `json:"version"`
	Time    time.Time `json:"time"`
	Verb    string    `json:"verb"`
	Product string    `json:"product"`
	Change  int64     `json:"change"`
	Stock   int64     `json:"stock"`  // of the product
	Pieces  int64     `json:"pieces"` // of all products
}

// maxMoves is how many moves the chart has room for.
const maxMoves = 60

var board = projection.Define("board",
	projection.On(func(b *Board, e of[StockReceived]) {
		line := b.move("receive", &e.Envelope, e.Event.Quantity)
		line.Received += e.Event.Quantity
		b.Products[line.Name] = line
	}),
	projection.On(func(b *Board, e of[StockShipped]) {
		line := b.move("ship", &e.Envelope, -e.Event.Quantity)
		line.Shipped += e.Event.Quantity
		b.Products[line.Name] = line
	}),
	projection.On(func(b *Board, e of[StockCounted]) {
		line := b.move("count", &e.Envelope, e.Event.Difference)
		b.Products[line.Name] = line
	}),
).WithInit(func() Board { return Board{Products: make(map[string]Line)} })

// move notes a move, and returns the product's line with it.
func (b *Board) move(verb string, e *envelope, change int64) Line {
	line := b.Products[e.Key.ID]
	line.Name, line.Changed = e.Key.ID, e.Time
	line.Stock += change
	b.At = core.At(e.Position)
	b.Pieces += change
	b.Moved++
	b.Moves = append(b.Moves[max(0, len(b.Moves)-maxMoves+1):len(b.Moves):len(b.Moves)], Move{
		Version: b.At, Time: e.Time, Verb: verb, Product: line.Name,
		Change: change, Stock: line.Stock, Pieces: b.Pieces,
	})
	return line
}

// view is the board as the page gets it.
type view struct {
	Version  Version `json:"version"`
	Pieces   int64   `json:"pieces"`
	Moved    int     `json:"moved"`
	Products []Line  `json:"products"`
	Moves    []Move  `json:"moves"`
}

// view copies the board, its products in the order of their names.
func (b *Board) view() view {
	v := view{
		Version: b.At, Pieces: b.Pieces, Moved: b.Moved,
		Products: make([]Line, 0, len(b.Products)),
		Moves:    append([]Move{}, b.Moves...),
	}
	for _, line := range b.Products {
		v.Products = append(v.Products, line)
	}
	slices.SortFunc(v.Products, func(x, y Line) int {
		return cmp.Or(strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)), strings.Compare(x.Name, y.Name))
	})
	return v
}
