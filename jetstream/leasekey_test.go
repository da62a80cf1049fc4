package jetstream

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

func TestEachPartOfALeaseNameIsAToken(t *testing.T) {
	for name, want := range map[string]string{
		"reactor.shipping.STORE":    "reactor.shipping.STORE",
		"reactor.shipping.eu.STORE": "reactor.shipping.eu.STORE",
		"reactor.shipping.":         "reactor.shipping.=",
		"reactor.shipping.=":        "reactor.shipping.=3D",
		"reactor.shipping.events@1": "reactor.shipping.events=401",
		"reactor.a..b.":             "reactor.a.=.b.=",
		"reactor.*.>":               "reactor.=2A.=3E",
		".":                         "=.=",
		"reactor/a":                 "reactor=2Fa",
		"é":                         "=C3=A9",
	} {
		key, err := leaseKey(name)
		require.NoError(t, err, "%q", name)
		require.Equal(t, want, key)
	}
}

func TestLeaseNameThatCannotBeAKeyIsATypedError(t *testing.T) {
	long := strings.Repeat("x", codec.MaxToken)
	for _, name := range []string{"", long + "x", "reactor." + long + "x", strings.Repeat("x.", maxLeaseName/2+1)} {
		_, err := leaseKey(name)
		require.ErrorAs(t, err, new(*core.NameError), "%.20q", name)
		require.ErrorIs(t, err, core.ErrName)
		require.ErrorContains(t, err, "lease ")
	}
	key, err := leaseKey("reactor." + long + "." + long)
	require.NoError(t, err)
	require.Equal(t, "reactor."+long+"."+long, key)
}
