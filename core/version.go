package core

import (
	"encoding/json"
	"fmt"
)

// Version is the position of the last event of an aggregate. The zero Version
// is that of an aggregate without events.
//
// One type serves five uses: the version an aggregate is at, the version a
// commit expects, the point a read starts at, the position of a snapshot, and
// the token that a command returns so that its caller can read its own write.
// A Version marshals to JSON and to text, so a token can travel to a client and
// back; [Token] binds it to its store.
type Version[Pos comparable] struct {
	position Pos
	known    bool
}

// At returns the version at position.
func At[Pos comparable](position Pos) Version[Pos] {
	return Version[Pos]{position: position, known: true}
}

// Position returns the position, and whether there is one.
func (v Version[Pos]) Position() (Pos, bool) { return v.position, v.known }

// IsZero reports whether v is the version of an aggregate without events.
func (v Version[Pos]) IsZero() bool { return !v.known }

// String returns the position, or "none".
func (v Version[Pos]) String() string {
	if !v.known {
		return "none"
	}
	return fmt.Sprint(v.position)
}

// MarshalJSON returns the position as JSON, or null for the zero Version.
func (v Version[Pos]) MarshalJSON() ([]byte, error) {
	if !v.known {
		return []byte("null"), nil
	}
	return json.Marshal(v.position)
}

// UnmarshalJSON reads what [Version.MarshalJSON] wrote. It leaves v alone when
// it returns an error.
func (v *Version[Pos]) UnmarshalJSON(data []byte) error {
	var p *Pos
	if err := json.Unmarshal(data, &p); err != nil {
		return fmt.Errorf("version %.100q: %w", data, err)
	}
	*v = Version[Pos]{}
	if p != nil {
		*v = At(*p)
	}
	return nil
}

// MarshalText returns the position as JSON, or nothing for the zero Version: a
// token for a URL or a header.
func (v Version[Pos]) MarshalText() ([]byte, error) {
	if !v.known {
		return []byte{}, nil
	}
	return json.Marshal(v.position)
}

// UnmarshalText reads what [Version.MarshalText] wrote. It leaves v alone when
// it returns an error.
func (v *Version[Pos]) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*v = Version[Pos]{}
		return nil
	}
	var p *Pos
	err := json.Unmarshal(text, &p)
	if err == nil && p == nil {
		err = fmt.Errorf("is not a position")
	}
	if err != nil {
		return fmt.Errorf("version %.100q: %w", text, err)
	}
	*v = At(*p)
	return nil
}
