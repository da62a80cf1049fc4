package history

import (
	"fmt"
	"strconv"
	"strings"
)

// CommitHeader is header Es-Commit of a message: the place of the event in its
// commit, and the version that the commit was made on.
type CommitHeader struct {
	ID       string // of the commit
	Offset   int    // number of events in the parts before this one
	Index    int    // of the event in its part
	Count    int    // number of events in the part
	Total    int    // number of messages of the commit
	Previous uint64 // position of the aggregate's last event before the commit, 0 if there was none
}

// EventID returns the id of the event, as package core makes it.
func (h CommitHeader) EventID() string { return fmt.Sprintf("%s/%d", h.ID, h.Offset+h.Index) }

// String returns the value of the header.
func (h CommitHeader) String() string {
	return fmt.Sprintf("%s %d %d/%d %d %d", h.ID, h.Offset, h.Index, h.Count, h.Total, h.Previous)
}

// ParseCommitHeader reads the value of a header. It follows the description of the
// wire format and shares no code with the library, which it is there to check.
func ParseCommitHeader(value string) (CommitHeader, error) {
	words := strings.Split(value, " ")
	if len(words) != 5 {
		return CommitHeader{}, fmt.Errorf("commit header %q has %d fields, want 5", value, len(words))
	}
	index, count, _ := strings.Cut(words[2], "/")
	h := CommitHeader{ID: words[0]}
	var errs [5]error
	h.Offset, errs[0] = strconv.Atoi(words[1])
	h.Index, errs[1] = strconv.Atoi(index)
	h.Count, errs[2] = strconv.Atoi(count)
	h.Total, errs[3] = strconv.Atoi(words[3])
	h.Previous, errs[4] = strconv.ParseUint(words[4], 10, 64)
	for _, err := range errs {
		if err != nil {
			return CommitHeader{}, fmt.Errorf("commit header %q: %w", value, err)
		}
	}
	return h, nil
}
