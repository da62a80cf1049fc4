package history

import (
	"fmt"
	"strconv"
	"strings"
)

// Link is header Es-Commit of a message: its place in its commit, and in the
// chain of its aggregate.
type Link struct {
	ID       string
	Offset   int // events in the parts before
	Index    int
	Count    int    // of the part
	Previous uint64 // the version that the commit was made on
}

// EventID returns the id of the event, as package core makes it.
func (l Link) EventID() string { return fmt.Sprintf("%s/%d", l.ID, l.Offset+l.Index) }

// String returns the link as the header holds it.
func (l Link) String() string {
	return fmt.Sprintf("%s %d %d/%d %d", l.ID, l.Offset, l.Index, l.Count, l.Previous)
}

// ParseLink reads the header. It is written after the README's page on the wire
// and shares no code with the library that is tested.
func ParseLink(header string) (Link, error) {
	words := strings.Split(header, " ")
	if len(words) != 4 {
		return Link{}, fmt.Errorf("%q is not a commit", header)
	}
	index, count, _ := strings.Cut(words[2], "/")
	l := Link{ID: words[0]}
	var errs [4]error
	l.Offset, errs[0] = strconv.Atoi(words[1])
	l.Index, errs[1] = strconv.Atoi(index)
	l.Count, errs[2] = strconv.Atoi(count)
	l.Previous, errs[3] = strconv.ParseUint(words[3], 10, 64)
	for _, err := range errs {
		if err != nil {
			return Link{}, fmt.Errorf("%q is not a commit: %w", header, err)
		}
	}
	return l, nil
}
