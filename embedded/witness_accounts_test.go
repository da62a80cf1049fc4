package embedded_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// twoAccounts is a server on dir with accounts A and B, each with a user of its
// name. No other client can
// connect.
func twoAccounts(dir string) embedded.Config {
	return embedded.Config{Dir: dir, Options: func(o *server.Options) {
		if err := o.ProcessConfigString(`accounts {
			A { jetstream: enabled, users: [ { user: A, password: secret } ] }
			B { jetstream: enabled, users: [ { user: B, password: secret } ] }
		}`); err != nil {
			panic(err)
		}
	}}
}

func TestTheStoresOfAllAccountsAreWitnessed(t *testing.T) {
	cfg := twoAccounts(t.TempDir())
	srv, err := embedded.Start(cfg)
	require.NoError(t, err)
	for _, user := range []string{"A", "B"} {
		nc, err := nats.Connect("", nats.InProcessServer(srv), nats.UserInfo(user, "secret"), nats.Timeout(time.Minute))
		require.NoError(t, err)
		s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, jetstream.Config{})
		require.NoError(t, err)
		commitNotes(t, s, 3)
		require.NoError(t, s.Close())
		nc.Close()
	}
	require.NoError(t, srv.Close())
	srv, err = embedded.Start(cfg)
	require.NoError(t, err)
	require.NoError(t, srv.Close())

	require.NoError(t, os.RemoveAll(filepath.Join(cfg.Dir, "jetstream", "B", "streams", "EVENTS")))
	_, err = embedded.Start(cfg)
	require.ErrorIs(t, err, embedded.ErrLogGone)
	require.ErrorContains(t, err, "EVENTS of account B")
	require.NotContains(t, err.Error(), "account A")
}
