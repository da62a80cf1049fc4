package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// The rights to publish that a command needs, all of them; it also subscribes to its inbox.
var (
	infoRight = "$JS.API.STREAM.INFO.EVENTS"
	readRight = "$JS.API.DIRECT.GET.EVENTS"
)

// duty is a command and the rights that it needs. In both, # stands for the name of the user.
type duty struct {
	args   []string
	rights []string
}

func duties(backup string) []duty {
	return []duty{
		{[]string{"info"}, []string{infoRight, readRight}},
		{[]string{"info", "--all"}, []string{"$JS.API.STREAM.LIST"}},
		{[]string{"ids", "account"}, []string{infoRight}},
		{[]string{"show", "account", "a.0"}, []string{infoRight, readRight}},
		{[]string{"tail", "--once"}, []string{infoRight, readRight}},
		{[]string{"gaps"}, []string{infoRight, readRight}},
		{[]string{"trace", "a"}, []string{infoRight, readRight}},
		{[]string{"verify"}, []string{infoRight, readRight}},
		{[]string{"doctor"}, []string{infoRight}},
		{[]string{"backup", backup}, []string{infoRight, readRight}},
		{[]string{"strike", "--reason", "a test", "1"}, []string{infoRight, "$JS.API.STREAM.MSG.GET.EVENTS", "events._struck.>"}},
	}
}

func TestEachCommandNeedsItsRights(t *testing.T) {
	checkDuties(t, duties(filepath.Join(t.TempDir(), "backup")), func(w *world) {
		s := w.open(jetstream.Config{})
		_, err := core.CommitEvents(core.WithCorrelationID(t.Context(), "a"), s, core.Key[string]{Kind: "account", ID: "a.0"}, []core.Event{opened{"x"}}, core.NoMetadata{})
		require.NoError(t, err)
	})
}

// checkDuties checks that each command does with the rights that are said to be enough, and that
// without any one of them it fails and says so, instead of showing less.
func checkDuties(t *testing.T, all []duty, fill func(*world)) {
	t.Helper()
	dir := t.TempDir()
	var users []*server.User
	user := func(name string, rights ...string) {
		rights = named(name, rights)
		users = append(users, &server.User{Username: name, Password: "p", Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Allow: append([]string{"none"}, rights...)}, Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
		}})
	}
	for i, d := range all {
		user(fmt.Sprint("u", i), d.rights...)
		for j := range d.rights {
			user(fmt.Sprintf("u%d-%d", i, j), slices.Delete(slices.Clone(d.rights), j, j+1)...)
		}
	}
	users = append(users, &server.User{Username: "root", Password: "p"})
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: filepath.Join(dir, "js"), Users: users, NoLog: true, NoSigs: true})
	require.NoError(t, err)
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	nc, err := nats.Connect(srv.ClientURL(), nats.UserInfo("root", "p"), nats.Timeout(time.Minute))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := natsjs.New(nc, natsjs.WithDefaultTimeout(time.Minute))
	require.NoError(t, err)
	fill(&world{t: t, nc: nc, js: js})

	try := func(name string, d duty) (int, string) {
		var out, errs bytes.Buffer
		code := run(t.Context(), append(named(name, d.args), "--server", srv.ClientURL(), "--user", name, "--password", "p", "--timeout", "1s"), &out, &errs)
		return code, out.String() + errs.String()
	}
	for i, d := range all {
		t.Run(strings.Join(d.args[:min(len(d.args), 2)], " "), func(t *testing.T) {
			for j, right := range d.rights {
				code, said := try(fmt.Sprintf("u%d-%d", i, j), d)
				if strings.Contains(right, "CONSUMER.DELETE") {
					require.Zero(t, code, said) // a consumer is left behind for a while
					continue
				}
				require.Equal(t, exitFailed, code, "without %s: %s", right, said)
				for _, part := range strings.FieldsFunc(right, func(r rune) bool { return strings.ContainsRune("*>#", r) }) {
					require.Contains(t, said, strings.Trim(part, "."), "it names what is missing")
				}
			}
			code, said := try(fmt.Sprint("u", i), d)
			require.Zero(t, code, said)
		})
	}
}

// named puts the name of a user in the place of #.
func named(user string, all []string) []string {
	all = slices.Clone(all)
	for i := range all {
		all[i] = strings.ReplaceAll(all[i], "#", user)
	}
	return all
}
