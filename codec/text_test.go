package codec_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
)

type line struct {
	Name  string
	Notes map[string]string
	Any   any
	Bytes []byte
	Raw   json.RawMessage
	Skip  string `json:"-"`
}

type letter struct {
	Lines []*line
	Text  string
}

const notUTF8 = "a\xffb"

func TestTextThatJSONWouldChangeIsRefused(t *testing.T) {
	for field, v := range map[string]any{
		"letter.Text":                letter{Text: notUTF8},
		"letter.Lines[1].Name":       &letter{Lines: []*line{{}, {Name: notUTF8}}},
		"letter.Lines[0].Notes[key]": letter{Lines: []*line{{Notes: map[string]string{notUTF8: ""}}}},
		"letter.Lines[0].Notes[k]":   letter{Lines: []*line{{Notes: map[string]string{"k": notUTF8}}}},
		"letter.Lines[0].Any[0]":     letter{Lines: []*line{{Any: []any{notUTF8}}}},
		"string":                     notUTF8,
		"[0]":                        []string{notUTF8},
		"letter.Lines[0].Any.Text":   letter{Lines: []*line{{Any: letter{Text: notUTF8}}}},
	} {
		t.Run(field, func(t *testing.T) {
			_, err := codec.JSON.Marshal(v)
			var text *codec.TextError
			require.ErrorAs(t, err, &text)
			require.Equal(t, field, text.Field)
			require.Equal(t, reflect.TypeOf(v), text.Type)
			require.ErrorContains(t, err, "application/json would change "+field)
		})
	}
}

func TestTextThatJSONKeepsIsAccepted(t *testing.T) {
	for name, v := range map[string]line{
		"the replacement itself": {Name: "a\ufffdb"},
		"its escape as text":     {Name: `a\ufffdb`},
		"its escape in raw JSON": {Raw: json.RawMessage(`"\ufffd"`)},
		"bytes":                  {Bytes: []byte(notUTF8)},
		"what is left out":       {Skip: notUTF8, Raw: json.RawMessage(`"\ufffd"`)},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := codec.JSON.Marshal(v)
			require.NoError(t, err)
			var back line
			require.NoError(t, codec.JSON.Unmarshal(data, &back))
			v.Skip = ""
			if v.Raw == nil {
				v.Raw = json.RawMessage("null")
			}
			require.Equal(t, v, back)
		})
	}
}

// FuzzJSONText checks that JSON refuses a string or gives it back.
func FuzzJSONText(f *testing.F) {
	for _, s := range []string{"", "a", notUTF8, "\ufffd", `\ufffd`, "\xed\xa0\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		data, err := codec.JSON.Marshal(letter{Text: s})
		if !utf8.ValidString(s) {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		var back letter
		require.NoError(t, codec.JSON.Unmarshal(data, &back))
		require.Equal(t, s, back.Text)
	})
}
