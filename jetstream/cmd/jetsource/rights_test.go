package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// The rights to publish that a command needs, all of them; it also subscribes to its inbox.
var (
	infoRight = "$JS.API.STREAM.INFO.EVENTS"
	readRight = "$JS.API.DIRECT.GET.EVENTS"
)

// duty is a command and the rights that it needs. In both, # stands for another number with
// each user, for what can be done once.
type duty struct {
	args   []string
	rights []string
}

// of returns the duty of the user with a number.
func (d duty) of(n int) duty {
	number := func(all []string) (numbered []string) {
		for _, s := range all {
			numbered = append(numbered, strings.ReplaceAll(s, "#", fmt.Sprint(n)))
		}
		return numbered
	}
	return duty{number(d.args), number(d.rights)}
}

func duties(backup string) []duty {
	return []duty{
		{[]string{"info"}, []string{infoRight}},
		{[]string{"info", "--all"}, []string{"$JS.API.STREAM.LIST"}},
		{[]string{"ids", "account"}, []string{infoRight}},
		{[]string{"show", "account", "a.0"}, []string{infoRight, readRight}},
		{[]string{"tail", "--once"}, []string{infoRight, readRight}},
		{[]string{"gaps"}, []string{infoRight, readRight}},
		{[]string{"trace", "a"}, []string{infoRight, readRight}},
		{[]string{"verify"}, []string{infoRight, readRight}},
		{[]string{"doctor"}, []string{infoRight}},
		{[]string{"backup", backup}, []string{infoRight, readRight}},
		{[]string{"restore", backup, "--stream", "R#", "--prefix", "r#"}, fill("R#", "r#")},
		{[]string{"copy", "--to", "N#", "--prefix", "n#"}, append(fill("N#", "n#"), infoRight, readRight)},
		{[]string{"export", "C-0"}, []string{infoRight, readRight, "$JS.API.STREAM.INFO.KV_SUBJECTKEYS", "$JS.API.STREAM.MSG.GET.KV_SUBJECTKEYS"}},
		{[]string{"forget", "C-#", "--yes"}, []string{
			infoRight, readRight, "$JS.API.STREAM.MSG.GET.EVENTS", "events.jetsource/forget-requested.jetsource/subject.*", // record it
			"$JS.API.CONSUMER.CREATE.EVENTS.*", "$JS.API.CONSUMER.MSG.NEXT.EVENTS.*", "$JS.API.CONSUMER.DELETE.EVENTS.*", // find the aggregates
			"$JS.API.STREAM.INFO.KV_SUBJECTKEYS", "$JS.API.STREAM.MSG.GET.KV_SUBJECTKEYS", "$KV.SUBJECTKEYS.*", "$JS.API.STREAM.MSG.DELETE.KV_SUBJECTKEYS",
			"$JS.API.STREAM.INFO.KV_SNAPSHOTS", "$JS.API.STREAM.PURGE.KV_SNAPSHOTS",
		}},
		{[]string{"strike", "--reason", "a test", "1"}, []string{infoRight, "$JS.API.STREAM.MSG.GET.EVENTS", "events._struck.>"}},
		{[]string{"void", "--yes"}, []string{infoRight, readRight, "$JS.API.STREAM.MSG.GET.EVENTS", "events._void.>"}},
	}
}

// fill returns the rights to make a store and fill it.
func fill(stream, prefix string) []string {
	return []string{
		"$JS.API.STREAM.INFO." + stream, "$JS.API.STREAM.CREATE." + stream, "$JS.API.STREAM.UPDATE." + stream, // make it, marked as one that is being filled
		"$JS.API.STREAM.MSG.GET." + stream, "$JS.API.DIRECT.GET." + stream, // where it ends; verify it
		prefix + ".>",
	}
}

// Each command does with the rights that are said to be enough, and without any one of them
// it fails and says so, instead of showing less.
func TestEachCommandNeedsItsRights(t *testing.T) {
	dir := t.TempDir()
	var users []*server.User
	user := func(name string, rights ...string) {
		users = append(users, &server.User{Username: name, Password: "p", Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Allow: append([]string{"none"}, rights...)}, Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
		}})
	}
	all := duties(filepath.Join(dir, "backup"))
	for i, d := range all {
		user(fmt.Sprint("u", i), d.of(len(d.rights)).rights...)
		for j := range d.rights {
			user(fmt.Sprintf("u%d-%d", i, j), slices.Delete(d.of(j).rights, j, j+1)...)
		}
	}
	users = append(users, &server.User{Username: "root", Password: "p"})
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: filepath.Join(dir, "js"), Users: users, NoLog: true, NoSigs: true})
	require.NoError(t, err)
	srv.Start()
	defer func() { srv.Shutdown(); srv.WaitForShutdown() }()
	nc, err := nats.Connect(srv.ClientURL(), nats.UserInfo("root", "p"))
	require.NoError(t, err)
	defer nc.Close()
	js, err := natsjs.New(nc)
	require.NoError(t, err)
	w := &world{t: t, nc: nc, js: js}
	s := w.open(jetstream.Config{})
	_, err = core.CommitEvents(core.WithCorrelationID(t.Context(), "a"), s, core.Key[string]{Kind: "account", ID: "a.0"}, []core.Event{opened{"x"}}, core.NoMetadata{})
	require.NoError(t, err)
	people := newShopOn(w, sealed.Config{})
	for i := range 20 {
		people.register(registered{Customer: fmt.Sprint("C-", i), Name: "x"})
	}

	try := func(name string, d duty) (int, string) {
		var out, errs bytes.Buffer
		code := run(t.Context(), append(slices.Clone(d.args), "--server", srv.ClientURL(), "--user", name, "--password", "p", "--timeout", "1s"), &out, &errs)
		return code, out.String() + errs.String()
	}
	for i, d := range all {
		t.Run(strings.Join(d.args[:1], " "), func(t *testing.T) {
			if d.args[0] == "void" {
				w.publish("events.x.account.torn", "TORN 0 0/3 3 0", `{}`)
			}
			for j, right := range d.rights {
				code, said := try(fmt.Sprintf("u%d-%d", i, j), d.of(j))
				require.Equal(t, exitFailed, code, "without %s: %s", right, said)
				require.Contains(t, said, strings.TrimRight(d.of(j).rights[j], "*>"), "it names the right")
			}
			code, said := try(fmt.Sprint("u", i), d.of(len(d.rights)))
			require.Zero(t, code, said)
		})
	}
}
