package wire

import (
	"errors"
	"strings"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

// Messages that guard aggregates are on <prefix>._guard._guard.guards: what they expect says of
// which aggregate.
const (
	KindGuard = "_guard"                    // of the entry, and of its key
	NameGuard = "guards"                    // of its key
	Guards    = KindGuard + "." + NameGuard // the last two tokens
)

// IsGuard reports whether a message is one that guards an aggregate.
func IsGuard(subject string) bool {
	_, aggregate := Tokens(subject)
	return aggregate == Guards
}

// Entries returns the subjects of all system entries of a key.
func (s *Subjects[ID]) Entries(key core.EntryKey) (string, error) {
	name, err := Token("entry name", key.Name)
	if err != nil {
		return "", err
	}
	if !codec.IsPlain(key.Kind) || key.Kind[0] != '_' {
		return "", &core.NameError{What: "entry key", Name: key.Kind, Err: errors.New("it is not an underscore and then letters, digits, '-' and '_'")}
	}
	return s.All(key.Kind + "." + name), nil
}

// Entry returns the subject of a system entry among those that [Subjects.Entries]
// returned.
func (s *Subjects[ID]) Entry(kind, entries string) (string, error) {
	token, err := Token("entry kind", kind)
	return s.Pattern(token, strings.TrimPrefix(entries, s.Prefix+".*.")), err
}

// EntryKind returns the kind of the system entry on a subject.
func (s *Subjects[ID]) EntryKind(subject string) (string, error) {
	token, _ := Tokens(subject)
	return codec.DecodeToken(token)
}

// IsSystem reports whether a subject is that of a system entry: its event kind or
// its aggregate kind begins with an underscore.
func IsSystem(subject string) bool {
	kind, aggregate := Tokens(subject)
	return strings.HasPrefix(kind, "_") || strings.HasPrefix(aggregate, "_")
}
