package core

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// ErrOtherStore is returned by [ParseToken] for a token of another store.
var ErrOtherStore = errors.New("token is of another store")

// Token returns a version as a text for a client that shall read its own write: its
// [Version.MarshalText], bound to the store. A client may keep it longer than a store lives:
// where a backup took the place of the store, as another one, a version alone names a position
// that has, or is going to have, other events. [ParseToken] refuses such a token.
func Token[ID, Pos comparable, M any](store IdentifiedStore[ID, Pos, M], v Version[Pos]) (string, error) {
	text, err := v.MarshalText()
	if err != nil {
		return "", err
	}
	return string(text) + tokenMark + storePrint(store.StoreID()), nil
}

// ParseToken returns the version of a token of the store; [ErrOtherStore] for one of another
// store. Any other error is of a text that [Token] did not write.
func ParseToken[ID, Pos comparable, M any](store IdentifiedStore[ID, Pos, M], token string) (v Version[Pos], err error) {
	at := strings.LastIndex(token, tokenMark)
	switch {
	case at < 0:
		err = errors.New("it names no store")
	case token[at+1:] != storePrint(store.StoreID()):
		err = ErrOtherStore
	default:
		err = v.UnmarshalText([]byte(token[:at]))
	}
	if err != nil {
		return Version[Pos]{}, fmt.Errorf("token %.100q: %w", token, err)
	}
	return v, nil
}

const tokenMark = "@"

// storePrint returns what a token has of the identifier of a store: letters, digits, '-' and
// '_'.
func storePrint(id string) string {
	sum := sha256.Sum256([]byte(id))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}
