package sealed_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
)

// These are an event and what it was: of good and bad tags.
type (
	enrolled struct {
		Base
		Name   string    `json:"name" sealed:"personal,erased=(forgotten)"`
		Phones []contact `json:"phones"`
	}
	enrolledGood struct {
		ID   string `json:"Owner" sealed:"subject"`
		Name string `json:"name" sealed:"personal,cleartext,erased=(forgotten)"`
	}
	enrolledErased struct {
		Owner string `sealed:"subject"`
		Label string `json:"name" sealed:"personal"`
	}
	enrolledPlain struct {
		Owner  string
		Phones []firstPhoneOf `json:"phones"`
	}
	firstPhoneOf struct {
		Of    string `json:"person"`
		Phone string `json:"phone"`
	}
	enrolledAnonymous struct {
		Name  string `json:"name"`
		Phone string `json:"phone"`
	}
	enrolledNumber struct {
		Owner string
		Name  int `json:"name"`
	}
	enrolledMistaken struct {
		Name string `sealed:"personal"`
	}
)

var enrolledWas core.History

func (enrolled) EventKind() string          { return "enrolled.now" }
func (enrolled) EventHistory() core.History { return enrolledWas }
func (enrolledGood) EventHistory() core.History {
	return core.History{core.Was("enrolled.0", func(enrolledErased) enrolledGood { return enrolledGood{} })}
}

func was[Old any]() core.Past {
	return core.Was("enrolled.1", func(Old) enrolled { return enrolled{} })
}

// A mistake in the tags of what an event was is found when the program starts.
func TestCheckFollowsTheHistory(t *testing.T) {
	c := newCodec(t, new(sealed.MemoryKeys), sealed.Config{})
	for _, of := range []struct {
		past  core.Past
		field string // of the error; empty for none
	}{
		{core.Renamed("enrolled.x", "enrolled.now"), ""},
		{was[enrolledAnonymous](), ""}, // nobody can be forgotten in it
		{was[enrolledNumber](), ""},    // it is another field
		{was[enrolledErased](), "enrolledErased.Label"},
		{was[enrolledGood](), "enrolledErased.Label"}, // by its own history
		{was[enrolledPlain](), "enrolledPlain.Phones[].Phone"},
		{was[enrolledMistaken](), "enrolledMistaken.Name"},
		{core.Split("enrolled.1", func(enrolledErased) []core.Event { return nil }), "enrolledErased.Label"},
	} {
		enrolledWas = core.History{of.past}
		err := c.Check(enrolled{})
		if of.field == "" {
			require.NoError(t, err)
			continue
		}
		var mistake *sealed.TagError
		require.ErrorAs(t, err, &mistake, of.field)
		require.Equal(t, of.field, mistake.Field)
	}
	require.NoError(t, c.Check(Joined{}))
}
