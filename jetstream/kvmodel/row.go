package kvmodel

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/readmodel"
)

// Row is a row as it is in the bucket.
type Row struct {
	// Position is that of the event that the row was last written for.
	Position uint64 `json:"position"`
	// Part counts the events that a recorded one is today.
	Part int `json:"part,omitempty"`
	// Replayed are the positions of events that were parked and applied later.
	Replayed []uint64 `json:"replayed,omitempty"`
	// Deleted says that there is no such row any more.
	Deleted bool `json:"deleted,omitempty"`
	// Value is the row itself.
	Value json.RawMessage `json:"value,omitempty"`
}

// ParseRow reads what is under the key of a row.
func ParseRow(data []byte) (r Row, err error) {
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("row: %w", err)
	}
	return r, nil
}

// RowKey returns the key of a row, or a [core.NameError] for one that cannot be written:
// an empty one, or one of more than 255 bytes.
func RowKey(l readmodel.Layout, table, key string) (string, error) {
	token, err := codec.EncodeToken(key)
	if err != nil {
		return "", &core.NameError{What: "row", Name: key, Err: err}
	}
	return rowPrefix(l) + table + "." + token, nil
}

// TableKeys returns the pattern of the keys of a table, to be watched.
func TableKeys(l readmodel.Layout, table string) string { return rowPrefix(l) + table + ".*" }

func rowPrefix(l readmodel.Layout) string { return fmt.Sprintf("%s.v%d.", l.Model, l.Version) }

func progressKey(l readmodel.Layout) string {
	return fmt.Sprintf("_progress.%s.v%d", l.Model, l.Version)
}

func parkedPrefix(l readmodel.Layout) string {
	return fmt.Sprintf("_parked.%s.v%d.", l.Model, l.Version)
}

func parkedKey(l readmodel.Layout, position string) (string, error) {
	token, err := codec.EncodeToken(position)
	return parkedPrefix(l) + token, err
}

func promotedKey(model string) string { return "_promoted." + model }

// moment is an event for which rows are written.
type moment struct {
	position uint64
	part     int
	replayed bool // it was parked
}

func newMoment(position string, part int, replayed bool) (moment, error) {
	n, err := strconv.ParseUint(position, 10, 64)
	if err != nil {
		return moment{}, fmt.Errorf("kvmodel: position %q is no number", position)
	}
	return moment{n, part, replayed}, nil
}

// isIn reports whether a row as it was read holds the event.
func (m moment) isIn(r Row) bool {
	if m.replayed {
		return slices.Contains(r.Replayed, m.position)
	}
	return cmp.Or(cmp.Compare(r.Position, m.position), cmp.Compare(r.Part, m.part)) >= 0
}

// mark has a row hold the event.
func (m moment) mark(r *Row) {
	switch {
	case !m.replayed:
		r.Position, r.Part = m.position, m.part
	case !slices.Contains(r.Replayed, m.position):
		r.Replayed = append(slices.Clone(r.Replayed), m.position)
	}
}
