// Package audit checks the log of a store message by message, without the types of the
// application: that no position is without a message, that every commit is whole or named
// as void, that each event follows the one before it of its aggregate, and that all of it
// can be read.
package audit

import "fmt"

// Kind says what is wrong.
type Kind string

// What can be wrong with a log.
const (
	Hole       Kind = "hole"       // positions without a message
	Torn       Kind = "torn"       // a commit that lacks messages, and that nothing names as void
	Chain      Kind = "chain"      // an event that does not follow the one before it
	External   Kind = "external"   // a message that this library did not write
	Unreadable Kind = "unreadable" // a message whose headers, subject or payload cannot be read
	Unique     Kind = "unique"     // an entry of a unique value whose owner has no event
	Replica    Kind = "replica"    // servers that hold different messages
)

// Finding is one thing that is wrong.
type Finding struct {
	Kind     Kind   `json:"kind"`
	Position uint64 `json:"position"` // the first of those that it is about
	To       uint64 `json:"to,omitempty"`
	Text     string `json:"text"`
	Advice   string `json:"advice,omitempty"` // what to do next
}

func (f Finding) String() string {
	at := fmt.Sprint(f.Position)
	if f.To > f.Position {
		at = fmt.Sprintf("%d to %d", f.Position, f.To)
	}
	return fmt.Sprintf("%s at %s: %s", f.Kind, at, f.Text)
}

// advice of a kind.
var advice = map[Kind]string{
	Hole:       "nothing brings these messages back but a backup; to go on without them, name them in Config.LostPositions",
	Torn:       "have readers pass over what is there of it: jetsource void; one without its beginning: jetsource strike",
	Chain:      "load the aggregate in the application; an event that is wrong can be struck out: jetsource strike",
	External:   "strike it out if it was a mistake (jetsource strike), or set Config.ExternalCodec",
	Unreadable: "strike it out if nothing can decode it: jetsource strike",
	Unique:     "run core.BuildUnique with the aggregates of the set",
	Replica:    "have the server that differs get the stream anew: nats stream cluster peer-remove",
}

// Totals is what a log holds.
type Totals struct {
	Messages uint64 `json:"messages"`
	Events   uint64 `json:"events"`
	Entries  uint64 `json:"entries"` // of the library's own
	Commits  uint64 `json:"commits"`
	Void     uint64 `json:"void"`   // commits that lost their end, and are named
	Struck   uint64 `json:"struck"` // positions that were struck out

	Aggregates int `json:"aggregates"`
	NotRead
}

// NotRead is what an audit could not look into.
type NotRead struct {
	Codecs map[string]uint64 `json:"other_codecs,omitempty"` // payloads, by the name of their codec
	Sealed uint64            `json:"sealed"`                 // values that have a key; the sum of their event was checked
}

// NewFinding returns a finding with the advice of its kind.
func NewFinding(kind Kind, at uint64, text string) Finding {
	return Finding{Kind: kind, Position: at, Text: text, Advice: advice[kind]}
}
