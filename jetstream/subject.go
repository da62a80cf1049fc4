package jetstream

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

const maxSubject = 1024 // bytes; a client's control line has 4,096 for all it holds

// subjects makes and reads the subjects of a store:
// <prefix>.<event kind>.<aggregate kind>.<id>.
type subjects[ID comparable] struct {
	prefix string
	ids    *codec.IDs[ID]
	kinds  sync.Map // of string: the kind of a token that was seen before
	tokens sync.Map // of string: the token of an event's kind that was committed before
}

// aggregate returns the tokens of an aggregate: "<aggregate kind>.<id>".
func (s *subjects[ID]) aggregate(key core.Key[ID]) (string, error) {
	kind, err := s.aggregateKind(key.Kind)
	if err != nil {
		return "", err
	}
	id, err := s.ids.Token(key.ID)
	if err != nil {
		return "", badName("aggregate id", fmt.Sprint(key.ID), err)
	}
	aggregate := kind + "." + id
	if all := s.all(aggregate); len(all) > maxSubject {
		return "", tooLong(all)
	}
	return aggregate, nil
}

func tooLong(subject string) error {
	return &core.NameError{What: "subject", Name: subject, Err: &TooLargeError{What: "subject", Size: len(subject), Limit: maxSubject}}
}

// eventKind returns the token of an event's kind. Kinds are few, so they are
// remembered.
func (s *subjects[ID]) eventKind(kind string) (string, error) {
	if t, ok := s.tokens.Load(kind); ok {
		return t.(string), nil
	}
	token, err := kindToken("event kind", kind)
	if err == nil {
		s.tokens.Store(kind, token)
	}
	return token, err
}

// aggregateKind returns the token of an aggregate's kind.
func (s *subjects[ID]) aggregateKind(kind string) (string, error) {
	return kindToken("aggregate kind", kind)
}

// badName reports a name that has no token, and names it once.
func badName(what, name string, err error) error {
	if token, ok := errors.AsType[*codec.TokenError](err); ok {
		err = errors.New(token.Reason)
	}
	return &core.NameError{What: what, Name: name, Err: err}
}

func kindToken(what, kind string) (string, error) {
	if err := core.CheckKind(what, kind); err != nil {
		return "", err
	}
	token, err := codec.EncodeToken(kind)
	if err != nil {
		return "", badName(what, kind, err)
	}
	return token, nil
}

// reserved returns the subject of an entry of the library's own, or with kind
// "*" those of all entries of its key.
func (s *subjects[ID]) reserved(kind string, key core.ReservedKey) (string, error) {
	name, err := codec.EncodeToken(key.Name)
	if err != nil {
		return "", badName("reserved name", key.Name, err)
	}
	if !codec.IsPlain(key.Kind) || key.Kind[0] != '_' {
		return "", &core.NameError{What: "reserved kind", Name: key.Kind, Err: errors.New("it is not an underscore and then letters, digits, '-' and '_'")}
	}
	if kind != "*" {
		if kind, err = codec.EncodeToken(kind); err != nil {
			return "", badName("entry kind", kind, err)
		}
	}
	return s.prefix + "." + kind + "." + key.Kind + "." + name, nil
}

// entryKind returns the kind of the entry that lies on a subject.
func (s *subjects[ID]) entryKind(subject string) (string, error) {
	_, rest, _ := strings.Cut(subject, ".")
	token, _, _ := strings.Cut(rest, ".")
	return codec.DecodeToken(token)
}

// pattern returns the subjects of a kind's token and an aggregate's tokens, each
// of them all if it is empty.
func (s *subjects[ID]) pattern(kind, aggregate string) string {
	if kind == "" {
		kind = "*"
	}
	if aggregate == "" {
		aggregate = "*.*"
	}
	return s.prefix + "." + kind + "." + aggregate
}

// event returns the subject of an event of the aggregate with these tokens.
func (s *subjects[ID]) event(kind, aggregate string) (string, error) {
	token, err := s.eventKind(kind)
	if err != nil {
		return "", err
	}
	subject := s.prefix + "." + token + "." + aggregate
	if len(subject) > maxSubject {
		return "", tooLong(subject)
	}
	return subject, nil
}

// all returns the subjects of every event of the aggregate with these tokens. It
// is the one filter by which commits to the aggregate exclude each other, so
// every commit must use it to the letter.
func (s *subjects[ID]) all(aggregate string) string { return s.prefix + ".*." + aggregate }

// parse returns what a subject says of its event. Reserved kinds are told apart
// before anything is decoded.
func (s *subjects[ID]) parse(subject string) (key core.Key[ID], kind string, reserved bool, err error) {
	tokens := strings.Split(subject, ".")
	if len(tokens) != 4 || tokens[0] != s.prefix {
		return key, "", false, fmt.Errorf("subject is not %s.<event kind>.<aggregate kind>.<id>", s.prefix)
	}
	if strings.HasPrefix(tokens[1], "_") || strings.HasPrefix(tokens[2], "_") {
		return key, "", true, nil
	}
	if kind, err = s.kind(tokens[1]); err != nil {
		return key, "", false, err
	}
	if key.Kind, err = s.kind(tokens[2]); err != nil {
		return key, "", false, err
	}
	key.ID, err = s.ids.ID(tokens[3])
	return key, kind, false, err
}

// matches reports whether a filter selects a subject.
func matches(filter, subject string) bool {
	for {
		want, filterRest, more := strings.Cut(filter, ".")
		got, subjectRest, has := strings.Cut(subject, ".")
		switch {
		case got == "":
			return false
		case want == ">":
			return !more
		case want != "*" && want != got:
			return false
		case !more || !has:
			return more == has
		}
		filter, subject = filterRest, subjectRest
	}
}

// kind decodes the token of a kind. Kinds are few, so they are remembered.
func (s *subjects[ID]) kind(token string) (string, error) {
	if k, ok := s.kinds.Load(token); ok {
		return k.(string), nil
	}
	kind, err := codec.DecodeToken(token)
	if err == nil {
		// A token is part of a subject that is part of a whole answer.
		s.kinds.Store(strings.Clone(token), strings.Clone(kind))
	}
	return kind, err
}
