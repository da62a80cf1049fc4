package wire

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jetsource/jetsource/core"
)

// CommitHeader is an event's place in its commit and in the chain of its
// aggregate.
type CommitHeader struct {
	core.CommitInfo

	Previous uint64 // the version that the commit was made on; 0 for none
}

// String returns the value of header Es-Commit:
//
//	<commit id> <offset> <index>/<count> <previous>
func (h CommitHeader) String() string {
	var room [96]byte // enough for the ids that a store makes
	b := append(room[:0], h.ID...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(h.Offset), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(h.Index), 10)
	b = append(b, '/')
	b = strconv.AppendInt(b, int64(h.Count), 10)
	b = append(b, ' ')
	b = strconv.AppendUint(b, h.Previous, 10)
	return string(b)
}

// ParseCommitHeader reads what [CommitHeader.String] wrote, and nothing else.
func ParseCommitHeader(s string) (CommitHeader, error) {
	var h CommitHeader
	id, rest, ok1 := strings.Cut(s, " ")
	offset, rest, ok2 := strings.Cut(rest, " ")
	place, previous, ok3 := strings.Cut(rest, " ")
	index, count, ok4 := strings.Cut(place, "/")
	if !ok1 || !ok2 || !ok3 || !ok4 || id == "" {
		return CommitHeader{}, notACommit(s)
	}
	var err1, err2, err3, err4 error
	h.ID = id
	h.Offset, err1 = strconv.Atoi(offset)
	h.Index, err2 = strconv.Atoi(index)
	h.Count, err3 = strconv.Atoi(count)
	h.Previous, err4 = strconv.ParseUint(previous, 10, 64)
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			return CommitHeader{}, fmt.Errorf("header %s: %w", HeaderCommit, err)
		}
	}
	if h.Offset < 0 || h.Index < 0 || h.Index >= h.Count || h.String() != s {
		return CommitHeader{}, notACommit(s)
	}
	return h, nil
}

func notACommit(s string) error {
	return fmt.Errorf("header %s: %.100q is not a commit", HeaderCommit, s)
}
