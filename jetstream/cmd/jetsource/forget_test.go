package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/archive"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/audit"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/transform"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/kvkeys"
	"github.com/jetsource/jetsource/kvsnapshot"
)

type friend struct {
	ID   string `sealed:"subject"`
	Name string `sealed:"personal"`
}

type registered struct {
	Customer string `sealed:"subject"`
	Email    string `sealed:"personal"`
	Name     string `sealed:"personal,erased=(forgotten)"`
	Country  string
	Friends  map[int]friend // MessagePack has its keys as numbers
}

func (registered) EventKind() string { return "customer.registered" }

var customers = core.DefineAggregate("customer", core.On(func(c *registered, e registered) { *c = e })).
	WithUnique("customer.email", func(c registered) string { return c.Email })

// shop is an application with people in it.
type shop struct {
	*world
	store     *store
	customers *core.Repository[registered, string, uint64, core.NoMetadata]
	forgetter *sealed.Forgetter[string, uint64, core.NoMetadata]
}

// newShop makes a shop with people who know each other.
func newShop(t *testing.T, cfg sealed.Config) *shop {
	s := newShopOn(newWorld(t), cfg)
	for id, other := range map[string]string{"C-1": "C-2", "C-2": "C-1"} {
		s.register(registered{id, "secret-" + id + "@example.com", "secret " + id, "DE", map[int]friend{7: {other, "secret friend " + other}}})
	}
	s.register(registered{"C-3", "other@example.com", "other", "FR", nil})
	return s
}

func newShopOn(w *world, cfg sealed.Config) *shop {
	t, s := w.t, &shop{world: w}
	t.Helper()
	keys, err := kvkeys.Open(t.Context(), s.nc, kvkeys.Config{})
	require.NoError(t, err)
	cfg.KeyAge = 20 * time.Millisecond
	c, err := sealed.New(keys, cfg)
	require.NoError(t, err)
	s.store = s.open(jetstream.Config{Codec: c})
	snapshots, err := kvsnapshot.Open[string](t.Context(), s.nc, kvsnapshot.Config{Codec: c, Policy: core.SnapshotEvery(1)})
	require.NoError(t, err)
	s.customers = core.NewRepository(s.store, customers).WithSnapshots(snapshots)
	s.forgetter, err = sealed.NewForgetter(s.store, c, s.customers)
	require.NoError(t, err)
	return s
}

func (s *shop) register(e registered) {
	s.t.Helper()
	_, err := s.customers.Create(s.t.Context(), e.Customer, core.CommandFunc[registered](func(registered) ([]core.Event, error) { return []core.Event{e}, nil }))
	require.NoError(s.t, err)
}

// forms returns a text as it is, and as base64 has it wherever it begins.
func forms(text string) [][]byte {
	all := [][]byte{[]byte(text)}
	for shift := range 3 {
		whole := text[shift:]
		all = append(all, []byte(base64.StdEncoding.EncodeToString([]byte(whole[:len(whole)/3*3]))))
	}
	return all
}

// places returns what has a text, of all messages of all streams, which buckets are too, of a
// backup, and of what the program prints.
func (s *shop) places(texts ...[]byte) (found []string) {
	s.t.Helper()
	look := func(where string, data []byte) {
		for _, text := range texts {
			if bytes.Contains(data, text) {
				found = append(found, where)
				return
			}
		}
	}
	list := s.js.ListStreams(s.t.Context())
	for info := range list.Info() {
		stream, err := s.js.Stream(s.t.Context(), info.Config.Name)
		require.NoError(s.t, err)
		for next := uint64(1); ; next++ {
			m, err := stream.GetMsg(context.WithoutCancel(s.t.Context()), next, natsjs.WithGetMsgSubject(">"))
			if errors.Is(err, natsjs.ErrMsgNotFound) {
				break
			}
			require.NoError(s.t, err)
			look(fmt.Sprintf("message %d of %s", m.Sequence, info.Config.Name), fmt.Append(m.Data, m.Subject, m.Header))
			next = m.Sequence
		}
	}
	require.NoError(s.t, list.Err())
	dir := filepath.Join(s.t.TempDir(), "backup")
	s.must("backup", dir)
	a, err := archive.Open(dir)
	require.NoError(s.t, err)
	for l, err := range a.Read(1) {
		require.NoError(s.t, err)
		look(fmt.Sprint("backup at ", l.Position), fmt.Append(l.Data, l.Subject, l.Header))
	}
	for _, args := range [][]string{{"export", "C-1"}, {"export", "C-1", "--json"}, {"show", "customer", "C-1"}, {"show", "customer", "C-1", "--diff"}, {"tail", "--once", "--system", "--json"}, {"verify"}} {
		look(strings.Join(args, " "), []byte(s.must(args...)))
	}
	return found
}

// secret returns the key of a subject, as it is in the bucket.
func (s *shop) secret(subject string) []byte {
	keys, err := kvkeys.Open(s.t.Context(), s.nc, kvkeys.Config{MustExist: true})
	require.NoError(s.t, err)
	value, _, err := keys.Load(s.t.Context(), subject)
	require.NoError(s.t, err)
	return value[len(value)-32-8 : len(value)-8]
}

func TestForgottenSubjectIsNowhere(t *testing.T) {
	for name, inner := range map[string]codec.Codec{"JSON": codec.JSON, "MessagePack": codec.MessagePack} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, sealed.Config{Codec: inner})
			key := s.secret("C-1")
			var values [][]byte
			for _, text := range []string{"secret-C-1@example.com", "secret C-1", "secret friend C-1"} {
				values = append(values, forms(text)...)
			}
			require.Equal(t, []string{"export C-1", "export C-1 --json"}, s.places(values...), "the control: opened with the key")
			require.NotEmpty(t, s.places(key), "the control: it is in its bucket")
			before := s.must("show", "customer", "C-1")

			code, _, errs := s.jetsource("forget", "C-1")
			require.Equal(t, exitUsage, code)
			require.Contains(t, errs, "--yes does it")
			require.NotEmpty(t, s.places(key), "nothing was done")

			require.Contains(t, s.must("forget", "C-1", "--yes"), "it is pending")
			require.Empty(t, s.places(append(values, key)...))
			require.Equal(t, before, s.must("show", "customer", "C-1"), "it shows what is sealed, before as after")
			got := lines[forgotten](t, s.must("forget", "C-1", "--yes", "--json"))[0] // again
			require.Equal(t, forgotten{Subject: "C-1", Dropped: 2}, got)
			require.True(t, lines[exported](t, s.must("export", "C-1", "--json"))[0].Requested)

			s.finish(func() {
				require.Contains(t, s.must("forget", "C-1", "--yes", "--wait"), "it is forgotten")
			})
			require.True(t, lines[exported](t, s.must("export", "C-1", "--json"))[0].Forgotten)
			require.Empty(t, s.places(append(values, key)...))
			s.register(registered{"C-4", "secret-C-1@example.com", "heir", "DE", nil}) // the address was released
			one, _, err := s.customers.Load(t.Context(), "C-1")
			require.NoError(t, err)
			require.Equal(t, registered{"C-1", "", "(forgotten)", "DE", map[int]friend{7: {"C-2", "secret friend C-2"}}}, one)
		})
	}
}

// finish runs the part of the application meanwhile.
func (s *shop) finish(meanwhile func()) {
	s.t.Helper()
	forgetting := reactor.Define("forgetting", reactor.On(func(ctx context.Context, e core.Recorded[sealed.ForgetRequested, string, uint64, core.NoMetadata]) error {
		return s.forgetter.Forget(ctx, e.Event.Subject)
	}))
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- reactor.NewWorker(s.store, forgetting).Run(ctx) }()
	meanwhile()
	cancel()
	require.NoError(s.t, <-ended)
}

// Without the application, waiting ends with the context and says what is left.
func TestForgetThatWaitsInVainSaysWhatIsLeft(t *testing.T) {
	s := newShop(t, sealed.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sub, err := s.nc.SubscribeSync("events.jetsource/forget-requested.>")
	require.NoError(t, err)
	go func() {
		defer cancel()
		_, _ = sub.NextMsgWithContext(ctx)
		for {
			if keys, err := kvkeys.Open(ctx, s.nc, kvkeys.Config{}); err != nil {
				return
			} else if _, _, err := keys.Load(ctx, "C-1"); errors.Is(err, sealed.ErrForgotten) {
				return
			}
		}
	}()
	code, _, errs := s.within(ctx, "forget", "C-1", "--yes", "--wait")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "interrupted")
}

func TestExportOfASubject(t *testing.T) {
	s := newShop(t, sealed.Config{Codec: codec.MessagePack})
	e := lines[exported](t, s.must("export", "C-1", "--json"))[0]
	require.Len(t, e.Events, 2)
	var own, other view.Record
	for _, r := range e.Events {
		if r.ID == "C-1" {
			own = r
		} else {
			other = r
		}
	}
	require.JSONEq(t, `{"Customer":"C-1","Email":"secret-C-1@example.com","Name":"secret C-1","Country":"DE","Friends":{"7":{"ID":"C-2","Name":null}}}`, string(own.Data))
	require.JSONEq(t, `{"Customer":"C-2","Email":null,"Name":null,"Country":"DE","Friends":{"7":{"ID":"C-1","Name":"secret friend C-1"}}}`, string(other.Data))
	require.Contains(t, s.must("export", "nobody"), "0 events about nobody")
	code, _, errs := s.jetsource("export", "C-1", "--keys", "OTHER")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "--keys names that of the store")
}

// What a KMS has wrapped only the application can open: it is shown as it is, and said.
func TestExportOfWhatAKMSHasWrappedSaysSo(t *testing.T) {
	kms, err := sealed.NewLocalKMS("master-2026", bytes.Repeat([]byte{1}, 32))
	require.NoError(t, err)
	s := newShop(t, sealed.Config{KMS: kms})
	code, out, errs := s.jetsource("export", "C-1", "--json")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "2 events stay sealed")
	require.Contains(t, errs, "master-2026")
	e := lines[exported](t, out)[0]
	require.Len(t, e.Events, 2)
	require.Equal(t, 2, e.Unopened)
	require.Contains(t, out, `{"sealed":"Email","subject":"C-1"}`)
	require.Contains(t, s.must("forget", "C-1", "--yes"), "the key of C-1 is destroyed")
	require.NotContains(t, s.must("export", "C-1"), "sealed")
}

// A byte of a sealed event that changed is found also where its key is gone.
func TestDamagedSealedEventIsFound(t *testing.T) {
	s := newShop(t, sealed.Config{})
	s.must("forget", "C-1", "--yes")
	_, v := s.verify()
	require.Empty(t, v.Findings)
	record := lines[view.Record](t, s.must("show", "customer", "C-1", "--json"))[0]
	require.Contains(t, string(record.Data), `{"sealed":"Email","subject":"C-1"}`)
	stream, err := s.js.Stream(t.Context(), "EVENTS")
	require.NoError(t, err)
	m, err := stream.GetMsg(t.Context(), record.Position)
	require.NoError(t, err)
	m.Data[len(m.Data)/2] ^= 1
	_, err = audit.Payload(m.Header.Get("Content-Type"), record.Kind, m.Data)
	require.ErrorIs(t, err, sealed.ErrDamaged)
	require.NotErrorIs(t, err, audit.ErrOtherCodec)
}

// A copy that would make sealed events unreadable is refused.
func TestCopyDoesNotRenameWhatIsSealed(t *testing.T) {
	s := newShop(t, sealed.Config{})
	rules := filepath.Join(t.TempDir(), "rules.json")
	require.NoError(t, os.WriteFile(rules, []byte(`{"kinds":{"customer.registered":"customer.signed-up"}}`), 0o600))
	code, _, errs := s.jetsource("copy", "--to", "NEW", "--prefix", "new", "--map", rules)
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, `core.Renamed("customer.registered", "customer.signed-up")`)
	_, err := s.js.Stream(t.Context(), "NEW")
	require.ErrorIs(t, err, natsjs.ErrStreamNotFound, "nothing was written")
	var bound *transform.SealedKindError
	transformer, err := transform.New(transform.Rules{Kinds: map[string]string{"customer.registered": "x"}}, "new", nil)
	require.NoError(t, err)
	m, err := rawlog.Open(t.Context(), s.nc, "EVENTS", "")
	require.NoError(t, err)
	for message, err := range m.Read(t.Context(), "events.customer/registered.>", 1, 100) {
		require.NoError(t, err)
		_, err = transformer.Commit([]*rawlog.Message{message}, 1)
		require.ErrorAs(t, err, &bound)
		require.Equal(t, transform.SealedKindError{Kind: "customer.registered", To: "x"}, *bound)
	}
	require.NotNil(t, bound)
	require.NoError(t, os.WriteFile(rules, []byte(`{"kinds":{"other":"x"},"aggregates":{"customer":"client"}}`), 0o600))
	s.must("copy", "--to", "CLIENTS", "--prefix", "clients", "--map", rules)
	keys, err := kvkeys.Open(t.Context(), s.nc, kvkeys.Config{MustExist: true})
	require.NoError(t, err)
	c, err := sealed.New(keys, sealed.Config{})
	require.NoError(t, err)
	clients := core.DefineAggregate("client", core.On(func(c *registered, e registered) { *c = e }))
	one, _, err := core.NewRepository(s.open(jetstream.Config{Stream: "CLIENTS", Prefix: "clients", Codec: c}), clients).Load(t.Context(), "C-1")
	require.NoError(t, err)
	require.Equal(t, "secret C-1", one.Name, "the kind of the aggregate may change")
	code, _, errs = s.jetsource("copy", "--to", "NEW", "--prefix", "new", "--exec", "cat")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "a program cannot change it")
	s.must("copy", "--to", "NEW", "--prefix", "new")
}

func TestTypedWordConfirms(t *testing.T) {
	var asked strings.Builder
	require.NoError(t, typed(strings.NewReader("C-1\n"), &asked, "it is for ever", "C-1"))
	require.Equal(t, "it is for ever.\nType C-1 to go on: ", asked.String())
	for _, other := range []string{"", "\n", "c-1\n", "C-1 \n", "yes\n"} {
		require.Error(t, typed(strings.NewReader(other), &asked, "it is for ever", "C-1"), other)
	}
}

// formerRegistered is the event before it was sealed.
type formerRegistered struct{ Customer, Email string }

func (formerRegistered) EventKind() string { return registered{}.EventKind() }

// What the application found in clear text when it forgot a subject is said.
func TestClearTextThatIsLeftIsSaid(t *testing.T) {
	s := newShop(t, sealed.Config{Codec: codec.MessagePack})
	plain := s.open(jetstream.Config{})
	_, err := core.CommitEvents(t.Context(), plain, core.Key[string]{Kind: "customer", ID: "C-9"}, []core.Event{formerRegistered{"C-9", "clear@example.com"}}, core.NoMetadata{})
	require.NoError(t, err)
	require.ErrorIs(t, s.forgetter.Forget(t.Context(), "C-9"), sealed.ErrClearText)
	require.Contains(t, s.must("forget", "C-9", "--yes"), "1 events have values of it in clear text")
	require.Equal(t, 1, lines[forgotten](t, s.must("forget", "C-9", "--yes", "--json"))[0].ClearText)
	require.Contains(t, s.must("export", "C-9"), "it was forgotten; 1 events have values of it in clear text")
	require.Equal(t, 1, lines[exported](t, s.must("export", "C-9", "--json"))[0].ClearText)
	require.NoError(t, s.forgetter.Forget(t.Context(), "C-1"))
	require.NotContains(t, s.must("export", "C-1"), "clear text")
}
