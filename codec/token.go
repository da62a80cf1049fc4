package codec

import (
	"fmt"
	"strings"
)

// MaxToken is the length of the longest name that [EncodeToken] takes, in bytes.
const MaxToken = 255

// EncodeToken makes one token of a NATS subject out of a name, which may hold any bytes: "account.deposited" becomes
// "account/deposited". A token is never a wildcard, never splits and is never empty, and is legal in the keys of a
// key-value bucket too. Different names have different tokens, and [DecodeToken] gives the name back.
//
// Letters, digits, '-' and '_' stand for themselves, '.' becomes '/', and every other byte '=' and two hexadecimal
// digits. A name that is empty or longer than [MaxToken] is a [*TokenError].
func EncodeToken(name string) (string, error) {
	if reason := badLength(len(name)); reason != "" {
		return "", &TokenError{Input: name, Reason: reason}
	}
	plain := plainPrefix(name)
	if plain == len(name) {
		return name, nil
	}
	token := make([]byte, plain, 3*len(name))
	copy(token, name)
	for i := plain; i < len(name); i++ {
		switch b := name[i]; {
		case standsForItself(b):
			token = append(token, b)
		case b == '.':
			token = append(token, '/')
		default:
			token = append(token, '=', hex[b>>4], hex[b&0xF])
		}
	}
	return string(token), nil
}

// DecodeToken gives the name that [EncodeToken] made the token of. Whatever it cannot have made is a [*TokenError], so
// that no name has two tokens.
func DecodeToken(token string) (string, error) {
	plain := plainPrefix(token)
	name := token
	if plain < len(token) {
		b, reason := decode(token[plain:])
		if reason != "" {
			return "", &TokenError{Input: token, Reason: reason}
		}
		name = token[:plain] + string(b)
	}
	if reason := badLength(len(name)); reason != "" {
		return "", &TokenError{Input: token, Reason: reason}
	}
	return name, nil
}

func decode(token string) (name []byte, reason string) {
	name = make([]byte, 0, min(len(token), MaxToken))
	for i := 0; i < len(token); i++ {
		switch b := token[i]; {
		case standsForItself(b):
			name = append(name, b)
		case b == '/':
			name = append(name, '.')
		case b != '=':
			return nil, fmt.Sprintf("byte %#02x is not escaped", b)
		case i+2 >= len(token):
			return nil, "it ends within an escape"
		default:
			high, low := strings.IndexByte(hex, token[i+1]), strings.IndexByte(hex, token[i+2])
			if high < 0 || low < 0 {
				return nil, fmt.Sprintf("%q is not an escape", token[i:i+3])
			}
			b = byte(high<<4 | low)
			if standsForItself(b) || b == '.' {
				return nil, fmt.Sprintf("%q needs no escape", b)
			}
			name = append(name, b)
			i += 2
		}
	}
	return name, ""
}

// IsPlain reports whether name is a token as it stands: it is not empty and holds only ASCII letters, digits, '-' and
// '_'. It does not look at the length.
func IsPlain(name string) bool {
	return name != "" && plainPrefix(name) == len(name)
}

// plainPrefix returns how many bytes at the beginning of s stand for themselves.
func plainPrefix(s string) int {
	for i := range len(s) {
		if !standsForItself(s[i]) {
			return i
		}
	}
	return len(s)
}

const hex = "0123456789ABCDEF"

func standsForItself(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '-' || b == '_'
}

func badLength(n int) (reason string) {
	switch {
	case n == 0:
		return "it is empty"
	case n > MaxToken:
		return fmt.Sprintf("its name has %d bytes, and at most %d are allowed", n, MaxToken)
	default:
		return ""
	}
}

// TokenError tells why a name cannot be made a token, or a token was not made of a name.
type TokenError struct {
	Input  string // what was given
	Reason string // "it is empty"
}

// Error shows the beginning of the input only: it may be too long to be shown.
func (e *TokenError) Error() string {
	return fmt.Sprintf("token %.80q: %s", e.Input, e.Reason)
}
