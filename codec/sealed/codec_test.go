package sealed_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/codec/sealed/sealedtest"
	"github.com/jetsource/jetsource/core"
)

const kind = "everything"

func TestMemoryKeysKeepTheContract(t *testing.T) {
	sealedtest.Run(t, func(*testing.T) sealed.KeyStore { return new(sealed.MemoryKeys) })
}

func TestPersonalFieldsComeBackAndAreNotInTheBytes(t *testing.T) {
	for name, inner := range codecs {
		t.Run(name, func(t *testing.T) {
			c := newCodec(t, new(sealed.MemoryKeys), sealed.Config{Codec: inner})
			for _, v := range []any{sample(), ptr(sample()), []everything{sample()}, map[string]everything{"a": sample()}, everything{}} {
				for _, write := range []func(string, any) ([]byte, error){c.MarshalKind, c.MarshalState} {
					data, err := write(kind, v)
					require.NoError(t, err)
					require.NotContains(t, string(data), "secret")
					require.NotContains(t, string(data), base64.StdEncoding.EncodeToString([]byte("secret")))
					back := reflect.New(reflect.TypeOf(v))
					require.NoError(t, c.UnmarshalKind(kind, data, back.Interface()))
					require.Equal(t, v, back.Elem().Interface())
				}
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }

func TestAForgottenSubjectReadsAsErasedAndOthersAsTheyAre(t *testing.T) {
	for name, inner := range codecs {
		for _, subject := range []string{"ada", "bob", "carl"} {
			t.Run(name+" "+subject, func(t *testing.T) {
				c := newCodec(t, new(sealed.MemoryKeys), sealed.Config{Codec: inner})
				data, err := c.MarshalKind(kind, sample())
				require.NoError(t, err)
				require.NoError(t, c.Destroy(t.Context(), subject))
				var back everything
				require.NoError(t, c.UnmarshalKind(kind, data, &back))
				require.Equal(t, forgetting(subject), back)

				_, err = c.MarshalKind(kind, sample())
				require.ErrorIs(t, err, sealed.ErrForgotten, "no new key, and no clear text")
				data, err = c.MarshalState(kind, back)
				require.NoError(t, err, "what is erased may be stored again")
				var again everything
				require.NoError(t, c.UnmarshalKind(kind, data, &again))
				require.Equal(t, back, again)

				inMemory := sample()
				require.NoError(t, sealed.Erase(&inMemory, subject))
				require.Equal(t, back, inMemory, "Erase does the same in memory")
			})
		}
	}
}

func TestCachedStateOfAForgottenSubjectIsNotCopied(t *testing.T) {
	c := newCodec(t, new(sealed.MemoryKeys), sealed.Config{})
	_, err := c.MarshalKind(kind, sample())
	require.NoError(t, err)
	copier := sealed.Copier[everything](c)
	state := sample()
	copied, err := copier(state)
	require.NoError(t, err)
	require.Equal(t, state, copied)
	require.NoError(t, c.Destroy(t.Context(), "bob"))
	_, err = copier(state)
	require.ErrorIs(t, err, sealed.ErrForgotten)
	_, err = copier(forgetting("bob"))
	require.NoError(t, err)
}

type (
	noSubject struct {
		Email string `sealed:"personal"`
	}
	twoSubjects struct {
		A     string `sealed:"subject"`
		B     string `sealed:"subject"`
		Email string `sealed:"personal"`
	}
	otherSubject struct {
		A     string `sealed:"subject,of=a"`
		Email string `sealed:"personal,of=b"`
	}
	anInterface struct {
		A     string `sealed:"subject"`
		Email any    `sealed:"personal"`
	}
	aMisspelling struct {
		A     string `sealed:"subject"`
		Email string `sealed:"persnal"`
	}
	anOption struct {
		A     string `sealed:"subject"`
		Email string `sealed:"personal,earsed=x"`
	}
	anErasedList struct {
		A     string   `sealed:"subject"`
		Email []string `sealed:"personal,erased=x"`
	}
	aNumberOfNoText struct {
		A string `sealed:"subject"`
		N int8   `sealed:"personal,erased=1000"`
	}
	unexported struct {
		A     string `sealed:"subject"`
		email string `sealed:"personal"`
	}
	aKey struct {
		M map[contact]int
	}
	inItself struct {
		A    string `sealed:"subject"`
		Name string `sealed:"personal"`
		Next *inItself
	}
	withMethods struct {
		A    string `sealed:"subject"`
		Name string `sealed:"personal"`
	}
	aFloatSubject struct {
		A    float64 `sealed:"subject"`
		Name string  `sealed:"personal"`
	}
	nestedTags struct {
		A string  `sealed:"subject"`
		C contact `sealed:"personal"`
	}
)

func (withMethods) MarshalJSON() ([]byte, error) { return []byte(`"clear"`), nil }

func TestMistakesInTagsNameTheField(t *testing.T) {
	c := newCodec(t, new(sealed.MemoryKeys), sealed.Config{})
	for _, mistake := range []struct {
		value         any
		field, reason string
	}{
		{noSubject{"x"}, "noSubject.Email", "no field is tagged as its subject"},
		{twoSubjects{"a", "b", "x"}, "twoSubjects.B", "second subject"},
		{otherSubject{"a", "x"}, "otherSubject.Email", "subject, of=b"},
		{anInterface{"a", "x"}, "anInterface.Email", "cannot be sealed"},
		{aMisspelling{"a", "x"}, "aMisspelling.Email", "neither subject nor personal"},
		{anOption{"a", "x"}, "anOption.Email", "unknown option"},
		{anErasedList{"a", nil}, "anErasedList.Email", "leave out erased="},
		{aNumberOfNoText{"a", 1}, "aNumberOfNoText.N", "out of range"},
		{unexported{"a", "x"}, "unexported.email", "unexported"},
		{aKey{}, "aKey.M[key]", "keys of a map"},
		{inItself{A: "a"}, "inItself.Next", "contains itself"},
		{withMethods{"a", "x"}, "withMethods", "MarshalJSON"},
		{aFloatSubject{1, "x"}, "aFloatSubject.A", "cannot name a subject"},
		{nestedTags{"a", contact{}}, "nestedTags.C", "tagged fields of its own"},
		{[]noSubject{{"x"}}, "[].Email", "no field is tagged"},
	} {
		t.Run(fmt.Sprintf("%T", mistake.value), func(t *testing.T) {
			_, written := c.MarshalKind(kind, mistake.value)
			read := c.UnmarshalKind(kind, mustSum(t, c), reflect.New(reflect.TypeOf(mistake.value)).Interface())
			for _, err := range []error{written, read, c.Check(mistake.value)} {
				wrong := new(sealed.TagError)
				require.ErrorAs(t, err, &wrong)
				require.Equal(t, mistake.field, wrong.Field)
				require.Contains(t, wrong.Reason, mistake.reason)
			}
			_, err := codec.Encode(codec.JSON, kind, mistake.value)
			require.ErrorAs(t, err, new(*codec.PersonalError), "nor does another codec write it")
			_, err = codec.EncodeState(codec.MessagePack, kind, mistake.value)
			require.ErrorAs(t, err, new(*codec.PersonalError))
		})
	}
	require.NoError(t, c.Check(sample(), registered{}, 1, ""))
}

func mustSum(t *testing.T, c *sealed.Codec) []byte {
	data, err := c.MarshalKind(kind, struct{}{})
	require.NoError(t, err)
	return data
}

func TestAValueWithoutASubjectIsNotWritten(t *testing.T) {
	c := newCodec(t, new(sealed.MemoryKeys), sealed.Config{})
	_, err := c.MarshalKind(kind, registered{Email: "x"})
	empty := new(sealed.SubjectError)
	require.ErrorAs(t, err, &empty)
	require.Equal(t, "registered.Email", empty.Field)
	long := registered{Customer: string(bytes.Repeat([]byte("x"), 300)), Email: "x"}
	_, err = c.MarshalKind(kind, long)
	require.ErrorAs(t, err, new(*codec.TokenError))
}

func TestWithoutTheKeyStoreNothingIsWrittenOrRead(t *testing.T) {
	keys := &awayKeys{KeyStore: new(sealed.MemoryKeys)}
	c := newCodec(t, keys, sealed.Config{})
	data, err := c.MarshalKind(kind, sample())
	require.NoError(t, err)
	keys.setAway(true)
	_, written := c.MarshalKind(kind, sample())
	back := everything{}
	read := c.UnmarshalKind(kind, data, &back)
	for _, err := range []error{written, read} {
		require.ErrorAs(t, err, new(*sealed.KeyStoreError))
		require.ErrorIs(t, err, core.ErrUnavailable)
		require.ErrorIs(t, err, errAway)
		require.NotErrorIs(t, err, sealed.ErrForgotten)
	}
}

func TestAKeyThatIsMissingIsNotADestroyedOne(t *testing.T) {
	c := newCodec(t, new(sealed.MemoryKeys), sealed.Config{})
	data, err := c.MarshalKind(kind, registered{Customer: "ada", Email: "x"})
	require.NoError(t, err)
	other := newCodec(t, new(sealed.MemoryKeys), sealed.Config{})
	var back registered
	require.ErrorIs(t, other.UnmarshalKind(kind, data, &back), sealed.ErrNoKey)
	_, err = other.MarshalKind(kind, registered{Customer: "ada", Email: "y"})
	require.NoError(t, err)
	err = other.UnmarshalKind(kind, data, &back)
	require.ErrorIs(t, err, sealed.ErrNoKey, "it has another key by now")
	require.NotErrorIs(t, err, sealed.ErrDamaged)
}

func TestEveryFlippedBitIsAnError(t *testing.T) {
	for name, inner := range codecs {
		c := newCodec(t, new(sealed.MemoryKeys), sealed.Config{Codec: inner})
		data, err := c.MarshalKind(kind, registered{"ada", "ada@example.com", "Ada", "DE"})
		require.NoError(t, err)
		for _, destroyed := range []bool{false, true} {
			if destroyed {
				require.NoError(t, c.Destroy(t.Context(), "ada"))
			}
			require.NoError(t, c.UnmarshalKind(kind, data, new(registered)))
			require.ErrorIs(t, c.UnmarshalKind("other", data, new(registered)), sealed.ErrDamaged)
			for i := range len(data) * 8 {
				flipped := bytes.Clone(data)
				flipped[i/8] ^= 1 << (i % 8)
				require.ErrorIs(t, c.UnmarshalKind(kind, flipped, new(registered)), sealed.ErrDamaged, "%s, bit %d", name, i)
			}
			for n := range data {
				require.ErrorIs(t, c.UnmarshalKind(kind, data[:n], new(registered)), sealed.ErrDamaged)
			}
		}
	}
}

// What is sealed is bound to its kind, field and subject also against a writer who makes the
// sum anew.
func TestASealedValueCannotBeMoved(t *testing.T) {
	c := newCodec(t, new(sealed.MemoryKeys), sealed.Config{})
	type pair struct {
		A    string `sealed:"subject"`
		X, Y string `sealed:"personal"`
	}
	type fake struct {
		A    string
		X, Y []byte
	}
	read := func(kind string, f fake) error {
		data, err := c.MarshalKind(kind, f) // of a type without tags: with a right sum
		require.NoError(t, err)
		return c.UnmarshalKind(kind, data, new(pair))
	}
	var ada, bob fake
	for f, v := range map[*fake]pair{&ada: {"ada", "x", "y"}, &bob: {"bob", "x", "y"}} {
		data, err := c.MarshalKind(kind, v)
		require.NoError(t, err)
		require.NoError(t, c.UnmarshalKind(kind, data, f))
	}
	require.NoError(t, read(kind, ada), "the control")
	for what, moved := range map[string]error{
		"to another kind":                   read("other", ada),
		"to another field":                  read(kind, fake{"ada", ada.Y, ada.X}),
		"to another subject":                read(kind, fake{"bob", ada.X, bob.Y}),
		"to another field, renamed":         read(kind, fake{"ada", bytes.Replace(ada.Y, []byte("Y"), []byte("X"), 1), ada.Y}),
		"to another subject, renamed":       read(kind, fake{"bob", bytes.Replace(ada.X, []byte("ada"), []byte("bob"), 1), bob.Y}),
		"in place of it is something else":  read(kind, fake{"ada", []byte("x"), ada.Y}),
		"in place of it is what follows it": read(kind, fake{"ada", append(bytes.Clone(ada.X), 0), ada.Y}),
	} {
		require.Error(t, moved, what)
		require.NotErrorIs(t, moved, sealed.ErrForgotten, what)
	}
}

func TestStateThatWouldComeBackAsAnotherIsRefused(t *testing.T) {
	c := newCodec(t, new(sealed.MemoryKeys), sealed.Config{})
	shared := &contact{"ada", "1", ""}
	type two struct{ A, B *contact }
	_, err := c.MarshalState(kind, two{shared, shared})
	changed := new(codec.ChangedError)
	require.ErrorAs(t, err, &changed)
	require.Equal(t, reflect.TypeFor[two](), changed.Type)
	require.Equal(t, "two.B", changed.Field)
	_, err = c.MarshalState(kind, two{ptr(*shared), ptr(*shared)})
	require.NoError(t, err)
	e := sample()
	e.Home.Since = time.Now().In(time.FixedZone("here", 3600))
	_, err = c.MarshalState(kind, e)
	require.ErrorAs(t, err, &changed)
	require.Equal(t, "everything.Home", changed.Field)
	type omitting struct {
		A string `sealed:"subject"`
		M struct {
			L []int `json:",omitempty"`
		} `sealed:"personal"`
	}
	o := omitting{A: "ada"}
	o.M.L = []int{}
	_, err = c.MarshalState(kind, o)
	require.ErrorAs(t, err, &changed)
	require.Equal(t, "omitting.M", changed.Field)
}

func TestAFieldThatWasAddedSinceIsZero(t *testing.T) {
	c := newCodec(t, new(sealed.MemoryKeys), sealed.Config{})
	type old struct {
		Customer string `sealed:"subject"`
	}
	data, err := c.MarshalKind(kind, old{"ada"})
	require.NoError(t, err)
	back := registered{Country: "kept"}
	require.NoError(t, c.UnmarshalKind(kind, data, &back))
	require.Equal(t, registered{Customer: "ada", Country: "kept"}, back)
}

func TestLayoutTellsSealedFields(t *testing.T) {
	c := newCodec(t, new(sealed.MemoryKeys), sealed.Config{})
	type before struct{ Customer, Email, Name, Country string }
	layout := func(v any) string { return codec.Layout(c, reflect.TypeOf(v)) }
	require.Equal(t, layout(registered{}), layout(registered{}))
	require.NotEqual(t, layout(registered{}), layout(before{}))
}

func TestKeysAreCachedForAWhileAndNoMoreThanTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys := &awayKeys{KeyStore: new(sealed.MemoryKeys)}
		c := newCodec(t, keys, sealed.Config{CacheSize: 10, KeyAge: time.Minute})
		var data []byte
		for i := range 30 {
			var err error
			data, err = c.MarshalKind(kind, registered{Customer: fmt.Sprint(i), Email: "x"})
			require.NoError(t, err)
		}
		require.Equal(t, 10, c.Cached())
		keys.setAway(true)
		time.Sleep(time.Minute - 1)
		require.NoError(t, c.UnmarshalKind(kind, data, new(registered)))
		time.Sleep(time.Nanosecond)
		require.ErrorIs(t, c.UnmarshalKind(kind, data, new(registered)), errAway)
	})
}

func TestWrappedKeysCanBeRewrapped(t *testing.T) {
	keys := new(sealed.MemoryKeys)
	kms, err := sealed.NewLocalKMS("2026", bytes.Repeat([]byte{1}, 32))
	require.NoError(t, err)
	plain := newCodec(t, keys, sealed.Config{})
	before, err := plain.MarshalKind(kind, registered{Customer: "bob", Email: "b"})
	require.NoError(t, err)
	c := newCodec(t, keys, sealed.Config{KMS: kms})
	data, err := c.MarshalKind(kind, registered{Customer: "ada", Email: "x"})
	require.NoError(t, err)
	require.NoError(t, c.Destroy(t.Context(), "gone"))
	require.ErrorAs(t, plain.UnmarshalKind(kind, data, new(registered)), new(*sealed.KeyStoreError), "without the KMS")
	require.ErrorIs(t, plain.UnmarshalKind(kind, data, new(registered)), sealed.ErrNoKMS)

	require.NoError(t, kms.Rotate("2027", bytes.Repeat([]byte{2}, 32)))
	n, err := c.Rewrap(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, n)
	n, err = c.Rewrap(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	require.NoError(t, kms.Remove("2026"))
	for _, data := range [][]byte{data, before} {
		require.NoError(t, c.UnmarshalKind(kind, data, new(registered)))
	}
	require.Error(t, kms.Remove("2027"))
	require.Error(t, kms.Rotate("2027", bytes.Repeat([]byte{3}, 32)))

	// A record that is copied to another subject is not its key.
	value, _, err := keys.Load(t.Context(), "ada")
	require.NoError(t, err)
	require.NoError(t, keys.Store(t.Context(), "eve", value, 0))
	_, err = c.MarshalKind(kind, registered{Customer: "eve", Email: "x"})
	require.ErrorIs(t, err, sealed.ErrDamaged)
	value[len(value)-1] ^= 1
	require.NoError(t, keys.Store(t.Context(), "mallory", value, 0))
	_, err = c.MarshalKind(kind, registered{Customer: "mallory", Email: "x"})
	require.ErrorIs(t, err, sealed.ErrDamaged)
}

func TestConfigIsChecked(t *testing.T) {
	_, err := sealed.New(nil, sealed.Config{})
	require.Error(t, err)
	_, err = sealed.New(new(sealed.MemoryKeys), sealed.Config{KeyAge: -1})
	require.Error(t, err)
	_, err = sealed.New(new(sealed.MemoryKeys), sealed.Config{Codec: newCodec(t, new(sealed.MemoryKeys), sealed.Config{})})
	require.Error(t, err)
}
