package history

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Void is a range of positions that an entry of the library names as void: they are
// of a commit that lost its end.
type Void struct {
	From   uint64 `json:"from"`
	To     uint64 `json:"to"`
	Commit string `json:"commit"` // id of the commit
}

// kindVoid is the kind of the entries that name what is void, as a token.
const kindVoid = "_void"

// NewEntry decodes a message of the stream from its subject, its header Es-Commit and
// its payload.
func NewEntry(seq uint64, subject, commit string, data []byte) (Entry, error) {
	tokens := strings.Split(subject, ".")
	if len(tokens) != 4 {
		return Entry{}, fmt.Errorf("message %d: subject %q has %d tokens, want 4", seq, subject, len(tokens))
	}
	header, err := ParseCommitHeader(commit)
	if err != nil {
		return Entry{}, fmt.Errorf("message %d: %w", seq, err)
	}
	e := Entry{Seq: seq, Kind: tokens[1], Aggregate: tokens[2] + "." + tokens[3], Header: header}
	switch {
	case e.Kind == kindVoid:
		err = json.Unmarshal(data, &e.Voids)
	case !e.System():
		err = e.decode(data)
	}
	if err != nil {
		return e, fmt.Errorf("message %d: %w", seq, err)
	}
	return e, nil
}

// decode reads the fields that clients put into the payload.
func (e *Entry) decode(data []byte) error {
	var fields struct {
		Op    string `json:"op"`
		Part  int    `json:"part"`
		Index int    `json:"index"`
		Input uint64 `json:"input"`
	}
	err := json.Unmarshal(data, &fields)
	e.Op, e.Part, e.Index, e.Input = fields.Op, fields.Part, fields.Index, fields.Input
	return err
}
