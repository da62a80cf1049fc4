package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

// until is where a history is to end, a flag. The zero until is its end.
type until struct {
	text     string
	position uint64
	time     time.Time
}

// String returns what was given.
func (u *until) String() string { return u.text }

// Set takes a position, a time, a date, which includes the day, or how long ago it was.
func (u *until) Set(text string) (err error) {
	u.text = text
	if u.position, err = strconv.ParseUint(text, 10, 64); err == nil {
		return nil
	}
	if u.time, err = time.Parse(time.RFC3339, text); err == nil {
		return nil
	}
	if u.time, err = time.Parse(time.DateOnly, text); err == nil {
		u.time = u.time.AddDate(0, 0, 1).Add(-1)
		return nil
	}
	ago, err := time.ParseDuration(text)
	if days, of := strings.CutSuffix(text, "d"); of {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		ago = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || ago < 0 {
		return fmt.Errorf("want a position, a time such as 2006-01-02T15:04:05Z, a date, or how long ago it was, such as 36h or 7d")
	}
	u.time = time.Now().Add(-ago)
	return nil
}

// includes reports whether a record is not after the end.
func (u *until) includes(r view.Record) bool {
	return (u.position == 0 || r.Position <= u.position) && (u.time.IsZero() || !r.Time.After(u.time))
}
