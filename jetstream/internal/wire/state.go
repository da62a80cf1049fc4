package wire

import (
	"encoding/json"
	"fmt"

	"github.com/jetsource/jetsource/core"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Metadata of the stream of a store.
const (
	MetaStoreID = "es.store_id"
	MetaFormat  = "es.format"
)

// State is how far a stream goes, as its leader has it.
type State struct {
	Messages uint64   `json:"messages"`
	First    uint64   `json:"first_seq"`
	Last     uint64   `json:"last_seq"`
	Deleted  []uint64 `json:"deleted"` // positions without a message, if they were asked for

	NumSubjects int               `json:"num_subjects"`
	Subjects    map[string]uint64 `json:"subjects"` // with the messages on each, if they were asked for
	Total       int               `json:"-"`        // of the subjects that were asked for
}

// MaxSubjects is how many subjects a server lists in one answer.
const MaxSubjects = 100_000

// StreamState reads the state from an answer to STREAM.INFO.
func StreamState(m *nats.Msg) (*State, error) {
	if Status(m) != 0 {
		return nil, ErrNoResponder
	}
	var answer struct {
		Error *jetstream.APIError `json:"error"`
		State *State              `json:"state"`
		Total int                 `json:"total"`
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil {
		return nil, &ReadError{Description: err.Error()}
	}
	if answer.Error != nil {
		if answer.Error.ErrorCode == codeStreamNotFound {
			return nil, jetstream.ErrStreamNotFound
		}
		return nil, leaderError(answer.Error)
	}
	if answer.State == nil {
		return nil, badAnswer("answer has no state")
	}
	answer.State.Total = answer.Total
	return answer.State, nil
}

// Lost returns how many positions up to the last one hold no message.
func (s *State) Lost() uint64 {
	if s.Messages >= s.Last {
		return 0
	}
	return s.Last - s.Messages
}

// HoleError is documented at its alias in package jetstream.
type HoleError struct {
	Stream    string
	Count     uint64   // positions that hold no message
	Positions []uint64 // of them the first hundred
}

// Is makes every such error match [core.ErrFinal].
func (e *HoleError) Is(target error) bool { return target == core.ErrFinal }

func (e *HoleError) Error() string {
	return fmt.Sprintf("stream %s lost %d of its messages, at positions %v", e.Stream, e.Count, e.Positions)
}

// MaxNamed is how many positions a [HoleError] names.
const MaxNamed = 100

// Hole returns the [HoleError] of a state with the positions without a message; nil if
// all of them are known.
func (s *State) Hole(stream string, known map[uint64]bool) error {
	e := &HoleError{Stream: stream}
	lost := func(seq uint64) {
		if known[seq] {
			return
		}
		if e.Count++; e.Count <= MaxNamed {
			e.Positions = append(e.Positions, seq)
		}
	}
	for seq := uint64(1); seq < s.First; seq++ {
		lost(seq)
	}
	for _, seq := range s.Deleted {
		lost(seq)
	}
	if e.Count == 0 {
		return nil
	}
	return e
}
