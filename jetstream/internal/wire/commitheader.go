package wire

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jetsource/jetsource/core"
)

// CommitHeader is the value of the Es-Commit header,
// "<id> <offset> <index>/<count> <total> <previous>": an event's place in its commit,
// and the event of its aggregate that comes before the commit.
type CommitHeader struct {
	core.CommitInfo

	Total    int    // messages of the whole commit, which hold consecutive positions
	Previous uint64 // the version that the commit was made on; 0 for none
}

// Start returns the position of the first message of the commit, given that of the
// message with this header.
func (h *CommitHeader) Start(seq uint64) uint64 { return seq - min(uint64(h.Offset+h.Index), seq-1) }

// End returns the position of the last message of the commit.
func (h *CommitHeader) End(seq uint64) uint64 { return h.Start(seq) + uint64(h.Total) - 1 }

// String returns the value of the header.
func (h CommitHeader) String() string {
	var room commitRoom
	return string(h.append(room[:0]))
}

// commitRoom is enough for a header with an id that a store makes.
type commitRoom [96]byte

// append runs once for every event that is written, and for every one that is read.
func (h CommitHeader) append(b []byte) []byte {
	b = append(b, h.ID...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(h.Offset), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(h.Index), 10)
	b = append(b, '/')
	b = strconv.AppendInt(b, int64(h.Count), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(h.Total), 10)
	b = append(b, ' ')
	return strconv.AppendUint(b, h.Previous, 10)
}

// ParseCommitHeader reads what [CommitHeader.String] wrote, and nothing else.
func ParseCommitHeader(s string) (CommitHeader, error) {
	var h CommitHeader
	id, rest, ok1 := strings.Cut(s, " ")
	offset, rest, ok2 := strings.Cut(rest, " ")
	place, rest, ok3 := strings.Cut(rest, " ")
	total, previous, ok4 := strings.Cut(rest, " ")
	index, count, ok5 := strings.Cut(place, "/")
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || id == "" {
		return CommitHeader{}, notACommit(s)
	}
	h.ID = id
	for _, field := range []struct {
		to   *int
		text string
	}{{&h.Offset, offset}, {&h.Index, index}, {&h.Count, count}, {&h.Total, total}} {
		n, err := strconv.Atoi(field.text)
		if err != nil {
			return CommitHeader{}, fmt.Errorf("header %s: %w", HeaderCommit, err)
		}
		*field.to = n
	}
	var err error
	if h.Previous, err = strconv.ParseUint(previous, 10, 64); err != nil {
		return CommitHeader{}, fmt.Errorf("header %s: %w", HeaderCommit, err)
	}
	var room commitRoom
	if h.Offset < 0 || h.Index < 0 || h.Index >= h.Count || h.Count > h.Total-h.Offset || string(h.append(room[:0])) != s {
		return CommitHeader{}, notACommit(s)
	}
	return h, nil
}

func notACommit(s string) error {
	return fmt.Errorf("header %s: %.100q is not a commit", HeaderCommit, s)
}
