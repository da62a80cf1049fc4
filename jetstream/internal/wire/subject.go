package wire

import (
	"fmt"
	"strings"
	"sync"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

const maxSubject = 1024 // bytes; a client's control line has 4,096 for all it holds

// Subjects makes and reads the subjects of a store:
// <prefix>.<event kind>.<aggregate kind>.<id>.
type Subjects[ID comparable] struct {
	Prefix string

	ids    *codec.IDs[ID]
	kinds  sync.Map // of string: the kind of a token that was decoded before
	tokens sync.Map // of string: the token of an event's kind that was encoded before
}

// NewSubjects returns the subjects of a store, or a [codec.IDTypeError] for a type
// that cannot be an ID.
func NewSubjects[ID comparable](prefix string) (*Subjects[ID], error) {
	ids, err := codec.NewIDs[ID]()
	if err != nil {
		return nil, err
	}
	return &Subjects[ID]{Prefix: prefix, ids: ids}, nil
}

// Aggregate returns the tokens of an aggregate: "<aggregate kind>.<id>".
func (s *Subjects[ID]) Aggregate(key core.Key[ID]) (string, error) {
	kind, err := s.AggregateKind(key.Kind)
	if err != nil {
		return "", err
	}
	id, err := s.ids.Token(key.ID)
	if err != nil {
		return "", badName("aggregate id", fmt.Sprint(key.ID), err)
	}
	aggregate := kind + "." + id
	return aggregate, checkLength(s.All(aggregate))
}

// EventKind returns the token of an event's kind. Kinds are few, so they are
// remembered.
func (s *Subjects[ID]) EventKind(kind string) (string, error) {
	if t, ok := s.tokens.Load(kind); ok {
		return t.(string), nil
	}
	token, err := kindToken("event kind", kind)
	if err == nil {
		s.tokens.Store(kind, token)
	}
	return token, err
}

// AggregateKind returns the token of an aggregate's kind.
func (s *Subjects[ID]) AggregateKind(kind string) (string, error) {
	return kindToken("aggregate kind", kind)
}

// Event returns the subject of an event of the aggregate with these tokens.
func (s *Subjects[ID]) Event(kind, aggregate string) (string, error) {
	token, err := s.EventKind(kind)
	if err != nil {
		return "", err
	}
	subject := s.Pattern(token, aggregate)
	return subject, checkLength(subject)
}

// All returns the subjects of every event of the aggregate with these tokens. It
// is the one filter by which commits to the aggregate exclude each other, so
// every commit must use it to the letter.
func (s *Subjects[ID]) All(aggregate string) string { return s.Pattern("", aggregate) }

// Pattern returns the subjects of a kind's token and an aggregate's tokens; an
// empty one stands for all.
func (s *Subjects[ID]) Pattern(kind, aggregate string) string {
	if kind == "" {
		kind = "*"
	}
	if aggregate == "" {
		aggregate = "*.*"
	}
	return s.Prefix + "." + kind + "." + aggregate
}

// Tokens returns the kind's token of a subject, and those of its aggregate, as they stand.
func Tokens(subject string) (kind, aggregate string) {
	_, rest, _ := strings.Cut(subject, ".")
	kind, aggregate, _ = strings.Cut(rest, ".")
	return kind, aggregate
}

// Parse returns the key and the kind of the event on a subject. System entries
// are told apart before anything is decoded.
func (s *Subjects[ID]) Parse(subject string) (key core.Key[ID], kind string, system bool, err error) {
	var tokens [4]string
	rest, ok := subject, strings.Count(subject, ".") == len(tokens)-1
	for i := range tokens {
		tokens[i], rest, _ = strings.Cut(rest, ".")
	}
	if !ok || tokens[0] != s.Prefix {
		return key, "", false, fmt.Errorf("subject is not %s.<event kind>.<aggregate kind>.<id>", s.Prefix)
	}
	if IsSystem(subject) {
		return key, "", true, nil
	}
	if kind, err = s.decodeKind(tokens[1]); err != nil {
		return key, "", false, err
	}
	if key.Kind, err = s.decodeKind(tokens[2]); err != nil {
		return key, "", false, err
	}
	key.ID, err = s.ids.ID(tokens[3])
	return key, kind, false, err
}

// decodeKind decodes the token of a kind. Kinds are few, so they are remembered.
func (s *Subjects[ID]) decodeKind(token string) (string, error) {
	if k, ok := s.kinds.Load(token); ok {
		return k.(string), nil
	}
	kind, err := codec.DecodeToken(token)
	if err == nil {
		// A token is a part of a subject, which is a part of a whole answer.
		s.kinds.Store(strings.Clone(token), strings.Clone(kind))
	}
	return kind, err
}

func checkLength(subject string) error {
	if len(subject) <= maxSubject {
		return nil
	}
	return &core.NameError{What: "subject", Name: subject, Err: &TooLargeError{What: "subject", Size: len(subject), Limit: maxSubject}}
}
