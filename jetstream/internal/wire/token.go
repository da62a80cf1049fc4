package wire

import (
	"errors"
	"strings"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

// Token returns the token of a name. What says what the name is, for the
// [core.NameError] of a name that has none.
func Token(what, name string) (string, error) {
	token, err := codec.EncodeToken(name)
	if err != nil {
		return "", badName(what, name, err)
	}
	return token, nil
}

// kindToken returns the token of a user's kind.
func kindToken(what, kind string) (string, error) {
	if err := core.CheckKind(what, kind); err != nil {
		return "", err
	}
	return Token(what, kind)
}

// badName reports a name that has no token, and names it once.
func badName(what, name string, err error) error {
	if token, ok := errors.AsType[*codec.TokenError](err); ok {
		err = errors.New(token.Reason)
	}
	return &core.NameError{What: what, Name: name, Err: err}
}

// Matches reports whether a filter selects a subject.
func Matches(filter, subject string) bool {
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

// FiltersOf returns the filters of a store that select the subject of an event: of its
// kind, of its aggregate, and of both. It returns none for a subject of another form.
func FiltersOf(subject string) []string {
	prefix, _, _ := strings.Cut(subject, ".")
	kind, aggregate := Tokens(subject)
	if strings.Count(aggregate, ".") != 1 {
		return nil
	}
	return []string{prefix + "." + kind + ".*.*", prefix + ".*." + aggregate, subject}
}
