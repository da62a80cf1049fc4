package codec

import (
	"fmt"
	"strings"
)

// MaxToken is the length in bytes of the longest name that [EncodeToken] accepts.
const MaxToken = 255

// TokenError reports a name that cannot be a token, or a token that is not the token of any name.
type TokenError struct {
	Input  string // the name or the token
	Reason string // "it is empty"
}

// Error shows the beginning of the input only, as it may be long.
func (e *TokenError) Error() string {
	return fmt.Sprintf("token %.80q: %s", e.Input, e.Reason)
}

// IsPlain reports whether name is a token as it stands: it is not empty and holds only ASCII letters, digits, '-' and
// '_'. It does not check the length.
func IsPlain(name string) bool {
	return name != "" && plainPrefix(name) == len(name)
}

// EncodeToken encodes a name, which may hold any bytes, as one token of a NATS subject: "account.deposited" becomes
// "account/deposited". A token is never empty, is never a wildcard, and holds no separator. It is also legal in the keys
// of a key-value bucket. Different names have different tokens, and [DecodeToken] returns the name.
//
// ASCII letters, digits, '-' and '_' are not changed, '.' becomes '/', and every other byte becomes '=' and two
// hexadecimal digits. A name that is empty or longer than [MaxToken] is a [*TokenError].
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
		case isPlain(b):
			token = append(token, b)
		case b == '.':
			token = append(token, '/')
		default:
			token = append(token, '=', hex[b>>4], hex[b&0xF])
		}
	}
	return string(token), nil
}

// DecodeToken returns the name whose token is token. A token that [EncodeToken] does not return for any name is a
// [*TokenError], so no name has two tokens.
func DecodeToken(token string) (string, error) {
	plain := plainPrefix(token)
	name := token
	if plain < len(token) {
		rest, reason := unescape(token[plain:])
		if reason != "" {
			return "", &TokenError{Input: token, Reason: reason}
		}
		name = token[:plain] + string(rest)
	}
	if reason := badLength(len(name)); reason != "" {
		return "", &TokenError{Input: token, Reason: reason}
	}
	return name, nil
}

// unescape decodes a token, or returns the reason why it is none.
func unescape(token string) (name []byte, reason string) {
	name = make([]byte, 0, min(len(token), MaxToken))
	for i := 0; i < len(token); i++ {
		switch b := token[i]; {
		case isPlain(b):
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
			if isPlain(b) || b == '.' {
				return nil, fmt.Sprintf("%q needs no escape", b)
			}
			name = append(name, b)
			i += 2
		}
	}
	return name, ""
}

const hex = "0123456789ABCDEF"

// plainPrefix returns how many bytes at the beginning of s are not changed by encoding.
func plainPrefix(s string) int {
	for i := range len(s) {
		if !isPlain(s[i]) {
			return i
		}
	}
	return len(s)
}

func isPlain(b byte) bool {
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
