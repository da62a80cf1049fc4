package view

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Change is a field that differs between two payloads. One without From was added, one without
// To was removed.
type Change struct {
	Field  string          `json:"field"` // of an object in an object: "Address.City"
	From   json.RawMessage `json:"from,omitempty"`
	To     json.RawMessage `json:"to,omitempty"`
	Sealed bool            `json:"sealed,omitempty"` // whether it differs only one who has the key can tell
}

// Diff returns the fields that differ, in the order of their names, and false if these are no
// objects, which have none.
func Diff(before, now json.RawMessage) ([]Change, bool) {
	old, isObject := object(before)
	fields, areObjects := object(now)
	if !isObject || !areObjects {
		return nil, false
	}
	changes := []Change{}
	all := maps.Clone(old)
	maps.Copy(all, fields)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		from, to := old[name], fields[name]
		if c := (Change{Field: name, From: from, To: to}); isSealed(from) && isSealed(to) {
			c.Sealed = true
			changes = append(changes, c)
		} else if inner, ok := Diff(from, to); ok {
			for _, c := range inner {
				c.Field = name + "." + c.Field
				changes = append(changes, c)
			}
		} else if !bytes.Equal(from, to) {
			changes = append(changes, c)
		}
	}
	return changes, true
}

func object(text json.RawMessage) (fields map[string]json.RawMessage, ok bool) {
	err := json.Unmarshal(text, &fields)
	return fields, err == nil && fields != nil
}

// isSealed reports whether a field is a value that has a key.
func isSealed(text json.RawMessage) bool {
	fields, _ := object(text)
	return fields["sealed"] != nil && fields["subject"] != nil && fields["empty"] == nil
}

// DiffText returns changes as people read them: "Member: "x" → "y", + Note: "z", - Old: 1".
func DiffText(changes []Change) string {
	var parts, closed []string
	for _, c := range changes {
		switch {
		case c.Sealed:
			closed = append(closed, c.Field)
		case c.From == nil:
			parts = append(parts, "+ "+c.Field+": "+string(c.To))
		case c.To == nil:
			parts = append(parts, "- "+c.Field+": "+string(c.From))
		default:
			parts = append(parts, c.Field+": "+string(c.From)+" → "+string(c.To))
		}
	}
	if closed != nil {
		parts = append(parts, "sealed, so it may differ: "+strings.Join(closed, " "))
	}
	if parts == nil {
		return "nothing differs"
	}
	return strings.Join(parts, ", ")
}
