package sealed_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
)

// person is tagged in a later release. Events of it are of three releases: nothing of it was
// personal, then some fields were, then more.
type (
	person struct {
		Owner    string   `sealed:"subject"`
		Score    int      `sealed:"personal,cleartext,erased=-1"`
		Home     address  `sealed:"personal,cleartext"`
		Second   *address `sealed:"personal,cleartext"`
		Tags     []string `sealed:"personal,cleartext"`
		From     string   `sealed:"subject,of=sender"`
		FromName string   `sealed:"personal,of=sender,cleartext,erased=someone"`
		Phones   []phone
		ByName   map[string]*phone
	}
	phone struct {
		Of     string `json:"of" sealed:"subject"`
		Number string `json:"number" sealed:"personal,cleartext"`
	}
	firstPerson struct {
		Owner    string
		Score    int
		Home     address
		Second   *address
		Tags     []string
		From     string
		FromName string
		Phones   []firstPhone
		ByName   map[string]*firstPhone
	}
	firstPhone struct {
		Of     string `json:"of"`
		Number string `json:"number"`
	}
	secondPerson struct {
		Owner    string `sealed:"subject"`
		Score    int
		Home     address `sealed:"personal"`
		Second   *address
		Tags     []string
		From     string `sealed:"subject,of=sender"`
		FromName string `sealed:"personal,of=sender"`
		Phones   []phone
		ByName   map[string]*firstPhone
	}
)

func people() (first firstPerson, second secondPerson, now person) {
	home, tags := address{Street: "secret street"}, []string{"secret tag"}
	first = firstPerson{"ada", 42, home, &home, tags, "carl", "secret carl", []firstPhone{{"bob", "secret 1"}, {"ada", ""}}, map[string]*firstPhone{"x": {"bob", "secret 2"}, "y": nil}}
	second = secondPerson{"ada", 42, home, &home, tags, "carl", "secret carl", []phone{{"bob", "secret 1"}, {"ada", ""}}, first.ByName}
	now = person{"ada", 42, home, &home, tags, "carl", "secret carl", second.Phones, map[string]*phone{"x": {"bob", "secret 2"}, "y": nil}}
	return first, second, now
}

// Values that were recorded before their fields were tagged are read as they stand, beside
// values that are sealed, and as erased once their subject was forgotten.
func TestValuesFromBeforeTheTagAreRead(t *testing.T) {
	for name, inner := range codecs {
		t.Run(name, func(t *testing.T) {
			keys := &awayKeys{KeyStore: new(sealed.MemoryKeys)}
			c := newCodec(t, keys, sealed.Config{Codec: inner})
			first, second, now := people()
			var all [][]byte
			for _, v := range []any{first, second, now} {
				data, err := c.MarshalKind(kind, v)
				require.NoError(t, err)
				all = append(all, data)
				var back person
				require.NoError(t, c.UnmarshalKind(kind, data, &back))
				require.Equal(t, now, back)
			}
			require.NotContains(t, string(all[2]), "secret", "it is sealed from now on")
			keys.setAway(true)
			for _, data := range all {
				require.ErrorIs(t, c.UnmarshalKind(kind, data, new(person)), core.ErrUnavailable, "it may have been forgotten")
			}
			keys.setAway(false)
			require.NoError(t, c.Destroy(t.Context(), "ada"))
			require.NoError(t, c.Destroy(t.Context(), "bob"))
			want := person{Owner: "ada", Score: -1, From: "carl", FromName: "secret carl", Phones: []phone{{"bob", ""}, {"ada", ""}}, ByName: map[string]*phone{"x": {"bob", ""}, "y": nil}}
			for _, data := range all {
				var back person
				require.NoError(t, c.UnmarshalKind(kind, data, &back))
				require.Equal(t, want, back)
			}
		})
	}
}

// A sealed value of which bytes are missing, or changed, is not taken for clear text: with a
// wrong sum never, with a right one not if it begins as a sealed value does.
func TestDamageIsNotTakenForClearText(t *testing.T) {
	for name, inner := range codecs {
		t.Run(name, func(t *testing.T) {
			c := newCodec(t, new(sealed.MemoryKeys), sealed.Config{Codec: inner})
			data, err := c.MarshalKind(kind, phone{"ada", "secret"})
			require.NoError(t, err)
			for i := range data {
				changed := bytes.Clone(data)
				changed[i] ^= 1
				require.ErrorIs(t, c.UnmarshalKind(kind, changed, new(phone)), sealed.ErrDamaged)
			}
			var stored struct {
				Of     string `json:"of"`
				Number []byte `json:"number"`
			}
			require.NoError(t, c.UnmarshalKind(kind, data, &stored))
			whole := stored.Number
			for i := len("\xe5js?"); i < len(whole); i++ {
				flipped := bytes.Clone(whole)
				flipped[i] ^= 1
				for _, stored.Number = range [][]byte{flipped, whole[:i]} {
					data, err := c.MarshalKind(kind, stored)
					require.NoError(t, err)
					err = c.UnmarshalKind(kind, data, new(phone))
					require.Error(t, err)
					require.NotErrorIs(t, err, sealed.ErrClearText)
				}
			}
		})
	}
	c := newCodec(t, new(sealed.MemoryKeys), sealed.Config{})
	err := c.UnmarshalKind(kind, sealed.WithSum([]byte(`{"of":"ada","number":"5Wpzcut of"}`), kind), new(phone))
	require.ErrorIs(t, err, sealed.ErrDamaged)
}

// ownCodec is a codec of an application.
type ownCodec struct{ codec.Codec }

func (ownCodec) Name() string { return "own" }

// Clear text that is not expected, or cannot be read, is an error that names the field.
func TestClearTextThatIsNotReadNamesItsField(t *testing.T) {
	type text struct{ Customer, Email, Of, Number string }
	type number struct {
		Email  int
		Number int `json:"number"`
	}
	own := newCodec(t, new(sealed.MemoryKeys), sealed.Config{Codec: ownCodec{codec.MessagePack}})
	plain := newCodec(t, new(sealed.MemoryKeys), sealed.Config{})
	packed := newCodec(t, new(sealed.MemoryKeys), sealed.Config{Codec: codec.MessagePack})
	for _, of := range []struct {
		c     *sealed.Codec
		v     any
		into  any
		field string
	}{
		{plain, text{Customer: "ada", Email: "x@example.com"}, new(registered), "registered.Email"},
		{plain, text{Customer: "ada", Email: "base64xx"}, new(registered), "registered.Email"},
		{packed, text{Customer: "ada", Email: "x@example.com"}, new(registered), "registered.Email"},
		{own, text{Customer: "ada", Email: "x@example.com"}, new(registered), "registered.Email"},
		{plain, number{Email: 7}, new(registered), "registered.Email"},
		{packed, number{Email: 7}, new(registered), "registered.Email"},
		{plain, number{Number: 7}, new(phone), "phone.Number"},
		{packed, number{Number: 7}, new(phone), "phone.Number"},
	} {
		data, err := of.c.MarshalKind(kind, of.v)
		require.NoError(t, err)
		err = of.c.UnmarshalKind(kind, data, of.into)
		require.ErrorIs(t, err, sealed.ErrClearText)
		var field *sealed.FieldError
		require.ErrorAs(t, err, &field)
		require.Equal(t, of.field, field.Field)
		require.ErrorContains(t, err, "in clear text: recorded before the tag")
	}
	data, err := plain.MarshalKind(kind, map[string]any{"Customer": "ada", "Country": 7})
	require.NoError(t, err)
	var mismatch *json.UnmarshalTypeError
	require.ErrorAs(t, plain.UnmarshalKind(kind, data, new(registered)), &mismatch, "a field that is not personal")
	require.Equal(t, "Country", mismatch.Field)
}
