package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/checkup"
)

// The rights that doctor looks for.
var (
	writerRights = []string{"$JS.API.STREAM.INFO.EVENTS", "$JS.API.STREAM.MSG.GET.EVENTS", "$JS.API.DIRECT.GET.EVENTS", "events.*.*.*"}
	readerRights = []string{
		"$JS.API.STREAM.INFO.EVENTS", "$JS.API.STREAM.MSG.GET.EVENTS", "$JS.API.DIRECT.GET.EVENTS",
		"$JS.API.CONSUMER.CREATE.EVENTS.*", "$JS.API.CONSUMER.MSG.NEXT.EVENTS.*", "$JS.API.CONSUMER.DELETE.EVENTS.*",
	}
	programRights = []string{"$JS.API.INFO", "$JS.API.STREAM.LIST"}
	askRight      = "$SYS.REQ.USER.INFO"
)

func userWith(name string, p *server.Permissions) *server.User {
	if p != nil && p.Subscribe == nil {
		p.Subscribe = &server.SubjectPermission{Allow: []string{"_INBOX.>"}}
	}
	return &server.User{Username: name, Password: "p", Permissions: p}
}

func may(allow ...string) *server.Permissions {
	return &server.Permissions{Publish: &server.SubjectPermission{Allow: allow}}
}

// newWorldOf makes a world with users, and root.
func newWorldOf(t *testing.T, users ...*server.User) *world {
	srv, err := embedded.Start(embedded.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0", Options: func(o *server.Options) {
		o.Users = slices.Concat(users, []*server.User{userWith("root", nil)})
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	w := &world{t: t, server: srv}
	w.nc = w.login("root")
	w.js, err = natsjs.New(w.nc, natsjs.WithDefaultTimeout(time.Minute))
	require.NoError(t, err)
	return w
}

func (w *world) login(user string) *nats.Conn {
	w.t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(w.server), nats.UserInfo(user, "p"), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), nats.Timeout(time.Minute))
	require.NoError(w.t, err)
	w.t.Cleanup(nc.Close)
	return nc
}

// rights returns what doctor says of the rights of a user.
func (w *world) rights(user string) (all []checkup.Symptom) {
	w.t.Helper()
	var out, errs bytes.Buffer
	code := run(w.t.Context(), []string{"doctor", "--json", "--server", w.server.URL(), "--user", user, "--password", "p"}, &out, &errs)
	require.Zero(w.t, code, errs.String())
	for _, s := range lines[checkup.Symptom](w.t, out.String()) {
		require.Equal(w.t, s.State == checkup.OK, s.Advice == "", "%v", s)
		if s.What == "rights" {
			all = append(all, s)
		}
	}
	return all
}

// A user who lacks one right is told of that one and of nothing else, whether it may ask what
// it may do or has to try.
func TestDoctorNamesTheMissingRight(t *testing.T) {
	all := slices.Compact(slices.Sorted(slices.Values(slices.Concat(writerRights, readerRights, programRights))))
	users := []*server.User{userWith("all", may(append(all, askRight)...)), userWith("trying", may(all...))}
	for i := range all {
		users = append(users, userWith(fmt.Sprint("asking", i), may(append(slices.Delete(slices.Clone(all), i, i+1), askRight)...)),
			userWith(fmt.Sprint("trying", i), may(slices.Delete(slices.Clone(all), i, i+1)...)))
	}
	w := newWorldOf(t, users...)
	w.open(jetstream.Config{})
	for _, user := range []string{"all", "root"} {
		got := w.rights(user)
		require.Len(t, got, 1, "%v", got)
		require.Equal(t, checkup.OK, got[0].State)
	}
	const unknown = "what the user may write is not known: it may not ask"
	got := w.rights("trying")
	require.Len(t, got, 1, "%v", got)
	require.Equal(t, unknown, got[0].Text)
	for i, right := range all {
		if right == infoRight {
			continue // without it there is no doctor: it is an error that names it
		}
		got := w.rights(fmt.Sprint("asking", i))
		if right == "events.*.*.*" { // which holds those of entries
			require.Len(t, got, 5)
			got = got[:1]
		}
		require.Len(t, got, 1, "%v", got)
		require.Equal(t, checkup.Warning, got[0].State)
		require.Equal(t, "the user may not publish on "+right, got[0].Text)

		got = w.rights(fmt.Sprint("trying", i))
		require.Equal(t, unknown, got[len(got)-1].Text)
		if got = got[:len(got)-1]; right == "events.*.*.*" {
			require.Empty(t, got)
			continue
		}
		require.Len(t, got, 1, "%v", got)
		require.Equal(t, "the user may not publish on "+right, got[0].Text)
	}
}

func TestDoctorOfRightsInParts(t *testing.T) {
	w := newWorldOf(t,
		userWith("kind", may(append(slices.Clone(readerRights), "events.*.account.*", askRight)...)),
		userWith("denied", &server.Permissions{Publish: &server.SubjectPermission{Deny: []string{"events._struck.>"}}}),
		userWith("deaf", &server.Permissions{Subscribe: &server.SubjectPermission{Allow: []string{"mine.>", "_INBOX.*.*"}}}),
	)
	w.open(jetstream.Config{})
	texts := func(user string) (all []string) {
		for _, s := range w.rights(user) {
			all = append(all, s.Text)
		}
		return all
	}
	require.Subset(t, texts("kind"), []string{
		"the user may not publish on events.*.*.*, only on events.*.account.*",
		"the user may not publish on events._void.>, only on events.*.account.*",
		"the user may not publish on events._guard._guard.guards",
	})
	require.Equal(t, []string{"the user may not publish on events._struck.>"}, texts("denied"))
	require.Contains(t, texts("deaf")[0], "may not subscribe to _INBOX.>")
}

// Whatever is near its limit comes with what to do about it.
func TestDoctorSaysWhatToDoAboutLimits(t *testing.T) {
	w := newWorld(t)
	w.open(jetstream.Config{MaxBytes: 10_000})
	w.publish("events.x.account.a", "A 0 0/1 1 0", `"`+strings.Repeat("x", 9700)+`"`)
	code, out, _ := w.jetsource("doctor", "--json")
	require.Equal(t, exitFindings, code)
	limits := 0
	for _, s := range lines[checkup.Symptom](t, out) {
		require.Equal(t, s.State == checkup.OK, s.Advice == "", "%v", s)
		if s.What == "limits" && strings.HasPrefix(s.Text, "stream") {
			require.Equal(t, checkup.Wrong, s.State)
			require.Contains(t, s.Advice, "nats stream edit EVENTS --max-bytes")
			limits++
		}
	}
	require.Equal(t, 1, limits)
}

// The rights are enough, and each is needed, for what they are said to be for.
func TestRightsThatDoctorLooksForAreThoseOfStores(t *testing.T) {
	write := func(ctx context.Context, s *store, id string) error {
		_, err := core.Transact(ctx, s, func(ctx context.Context, tx *core.Tx) error {
			repo := core.NewRepository(s, accounts)
			if _, _, err := repo.In(tx).Load(ctx, "a.0"); err != nil { // a guard
				return err
			}
			return repo.In(tx).Create(ctx, id, core.CommandFunc[account](func(account) ([]core.Event, error) { return []core.Event{opened{id}, deposited{1}}, nil }))
		})
		return err
	}
	read := func(ctx context.Context, s *store, id string) error {
		for e, err := range s.Subscribe(ctx, core.Filter[string, uint64]{}) {
			if err != nil {
				return err
			}
			if e.Position > 1 {
				break
			}
		}
		_, _, err := core.NewRepository(s, accounts).Load(ctx, "a.0")
		return err
	}
	for name, duty := range map[string]struct {
		rights []string
		do     func(context.Context, *store, string) error
	}{"writer": {writerRights, write}, "reader": {readerRights, read}} {
		t.Run(name, func(t *testing.T) {
			users := []*server.User{userWith("enough", may(duty.rights...))}
			for i, right := range duty.rights {
				if strings.Contains(right, "CONSUMER.DELETE") {
					continue // without it a consumer is left behind for a while
				}
				users = append(users, userWith("lacks "+right, may(slices.Delete(slices.Clone(duty.rights), i, i+1)...)))
			}
			w := newWorldOf(t, users...)
			w.fill(2)
			for _, user := range users {
				s, err := jetstream.Open[string, core.NoMetadata](t.Context(), w.login(user.Username), jetstream.Config{MustExist: true, Timeout: 1e9, Logger: quiet()})
				if err == nil {
					ctx, cancel := context.WithTimeout(t.Context(), 1e9)
					if user.Username == "enough" {
						ctx = t.Context()
					}
					err = duty.do(ctx, s, user.Username)
					cancel()
					require.NoError(t, s.Close())
				}
				if user.Username == "enough" {
					require.NoError(t, err)
				} else {
					require.Error(t, err, user.Username)
				}
			}
		})
	}
}
