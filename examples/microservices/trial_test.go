//go:build unix

package microservices_test

import (
	"context"
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/examples/microservices"
)

// trial is a server in the process of the test, with the users of nats.conf and
// with others who may do less.
type trial struct {
	*embedded.Server
	root *nats.Conn // may do everything
}

// conf reads nats.conf as it is shipped.
func conf(t *testing.T) *server.Options {
	t.Helper()
	path, err := filepath.Abs("nats.conf")
	require.NoError(t, err)
	t.Chdir(certificates(t)) // it names files in the current directory
	opts, err := server.ProcessConfigFile(path)
	require.NoError(t, err)
	return opts
}

func newTrial(t *testing.T, opts *server.Options, more []*server.User) *trial {
	t.Helper()
	admin := slices.IndexFunc(opts.Users, func(u *server.User) bool { return u.Username == "admin" })
	root := &server.User{Username: "root", Password: "root", Account: opts.Users[admin].Account}
	srv, err := embedded.Start(embedded.Config{Options: func(o *server.Options) {
		o.Accounts, o.Users = opts.Accounts, slices.Concat(opts.Users, more, []*server.User{root})
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.UserInfo("root", "root"), nats.Timeout(time.Minute))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return &trial{srv, nc}
}

// prepare makes the world in which a user has its duties.
func (s *trial) prepare(t *testing.T, user string) {
	t.Helper()
	if user != "admin" {
		require.NoError(t, administer(t.Context(), s.root))
		require.NoError(t, write(t.Context(), s.root))
		return
	}
	js, err := natsjs.New(s.root, natsjs.WithDefaultTimeout(time.Minute))
	require.NoError(t, err)
	for _, stream := range []string{"EVENTS", "KV_LEASES", "KV_SNAPSHOTS"} {
		if err := js.DeleteStream(t.Context(), stream); !errors.Is(err, natsjs.ErrStreamNotFound) {
			require.NoError(t, err)
		}
	}
}

// perform does the duties of a user under the name of another, until it is
// refused something. It returns the subject of that, or else why the duties were
// not done.
func (s *trial) perform(t *testing.T, user, as string) (refused string, err error) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	nc, err := nats.Connect("", nats.InProcessServer(s), nats.UserInfo(as, as+"-password"),
		nats.CustomInboxPrefix(microservices.Inbox(user)),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { cancel(err) }))
	require.NoError(t, err)
	defer nc.Close()
	err = duties[user](ctx, nc)
	require.NoError(t, nc.Flush())
	// The client learns of a refusal before the answer to the flush.
	if violation := nc.LastError(); errors.Is(violation, nats.ErrPermissionViolation) {
		<-ctx.Done()
		return quoted.FindStringSubmatch(context.Cause(ctx).Error())[1], err
	}
	return "", err
}

var quoted = regexp.MustCompile(`"(.*)"`)
