package reactor_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
)

// identified is a store with an identifier of its own choice.
type identified struct {
	core.SystemStore[string, uint64, string]
	id string
}

func (s identified) StoreID() string { return s.id }

func TestLeaseNamesOfTwoStoresAndOfTwoReactorsDiffer(t *testing.T) {
	of := func(store core.SystemStore[string, uint64, string], name string) (asked string) {
		worker := reactor.NewWorker(store, reactor.Define[string, uint64, string](name))
		err := worker.WithLease(leaseFunc(func(name string) error { asked = name; return core.Final(errors.New("enough")) })).Run(t.Context())
		require.ErrorContains(t, err, "enough")
		return asked
	}
	bank := newBank()
	plain := struct {
		core.SystemStore[string, uint64, string]
	}{bank}
	require.Equal(t, "reactor.mailer.", of(plain, "mailer"))
	require.Equal(t, "reactor.mailer."+bank.StoreID(), of(bank, "mailer"))
	require.Equal(t, "reactor.mailer.eu.x", of(identified{bank, "x"}, "mailer.eu"))
	require.Equal(t, "reactor.mailer.eu%2Ex", of(identified{bank, "eu.x"}, "mailer"))
	require.Equal(t, "reactor.mailer.eu%252Ex", of(identified{bank, "eu%2Ex"}, "mailer"))
}

// leaseFunc is a lease that is asked for, and never had.
type leaseFunc func(name string) error

func (f leaseFunc) Hold(_ context.Context, name string, _ func(context.Context) error) error {
	return f(name)
}
