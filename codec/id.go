package codec

import (
	"encoding"
	"fmt"
	"reflect"
)

// IDs encodes identifiers as tokens and decodes them. [NewIDs] makes one. It may be used by several goroutines at once.
type IDs[ID comparable] struct {
	text  func(ID) (string, error)
	parse func(string) (ID, error)
	exact bool // text and parse are inverse to each other for every id
}

// IDTypeError reports a type that cannot be an identifier: it is not a string, and does not marshal to and from text.
type IDTypeError struct{ Type reflect.Type }

func (e *IDTypeError) Error() string {
	return fmt.Sprintf("id type %v is not a string and does not implement encoding.TextMarshaler and, by pointer, encoding.TextUnmarshaler", e.Type)
}

// NewIDs returns the encoding of a string type, or of a type that marshals to and from text, such as a UUID. Any other
// type is an [*IDTypeError].
func NewIDs[ID comparable]() (*IDs[ID], error) {
	var zero ID
	t := reflect.TypeFor[ID]()
	_, marshals := any(zero).(encoding.TextMarshaler)
	_, unmarshals := any(&zero).(encoding.TextUnmarshaler)
	switch {
	case marshals && unmarshals && t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface:
		return &IDs[ID]{text: marshalText[ID], parse: unmarshalText[ID]}, nil
	case t.Kind() == reflect.String && !marshals && !unmarshals:
		return &IDs[ID]{text: stringText[ID], parse: parseString[ID], exact: true}, nil
	}
	return nil, &IDTypeError{t}
}

// Token returns the token of id. It returns a [*TokenError] for an id whose text is empty or too long, and another error
// for an id whose text is not the text of that id alone.
func (ids *IDs[ID]) Token(id ID) (string, error) {
	text, err := ids.text(id)
	if err != nil {
		return "", err
	}
	if !ids.exact {
		if back, err := ids.parse(text); err != nil {
			return "", fmt.Errorf("text %.64q of id does not parse: %w", text, err)
		} else if back != id {
			return "", fmt.Errorf("text %.64q of id is that of another id", text)
		}
	}
	return EncodeToken(text)
}

// ID returns the identifier of a token. A token that [IDs.Token] would not return for it is an error.
func (ids *IDs[ID]) ID(token string) (ID, error) {
	var none ID
	text, err := DecodeToken(token)
	if err != nil {
		return none, err
	}
	id, err := ids.parse(text)
	if err != nil {
		return none, err
	}
	if !ids.exact {
		if again, err := ids.text(id); err != nil {
			return none, err
		} else if again != text {
			return none, fmt.Errorf("id %.64q is written %.64q", text, again)
		}
	}
	return id, nil
}

func marshalText[ID comparable](id ID) (string, error) {
	text, err := any(id).(encoding.TextMarshaler).MarshalText()
	return string(text), err
}

func unmarshalText[ID comparable](text string) (ID, error) {
	var id ID
	err := any(&id).(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
	return id, err
}

func stringText[ID comparable](id ID) (string, error) {
	if s, ok := any(id).(string); ok {
		return s, nil
	}
	return reflect.ValueOf(id).String(), nil
}

func parseString[ID comparable](text string) (ID, error) {
	var id ID
	if s, ok := any(&id).(*string); ok {
		*s = text
		return id, nil
	}
	reflect.ValueOf(&id).Elem().SetString(text)
	return id, nil
}
