// A customer registers, is shown, is forgotten, and is shown again: her name and address are
// gone from every event, though none was deleted. The program then looks for them itself, and
// for the key by which they could be read: in the messages of all streams, which buckets are
// too, and in the files of the server.
//
//	go run ./examples/forgetting
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/examples/internal/local"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/kvkeys"
	"github.com/jetsource/jetsource/kvsnapshot"
)

func main() { local.Main("forgetting", run) }

// run gives tell a shop on a server whose files are in a directory of its own.
func run(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "forgetting")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	server, err := embedded.Start(embedded.Config{Dir: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	nc, err := nats.Connect("", nats.InProcessServer(server))
	if err != nil {
		return err
	}
	defer nc.Close()
	keys, err := kvkeys.Open(ctx, nc, kvkeys.Config{})
	if err != nil {
		return err
	}
	c, err := sealed.New(keys, sealed.Config{KeyAge: 100 * time.Millisecond}) // 5 s is more usual
	if err != nil {
		return err
	}
	if err := c.Check(Registered{}, Recommended{}, Customer{}); err != nil {
		return err
	}
	store, err := jetstream.Open[string, core.NoMetadata](ctx, nc, jetstream.Config{Codec: c})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	snapshots, err := kvsnapshot.Open[string](ctx, nc, kvsnapshot.Config{Codec: c, Policy: core.SnapshotEvery(2)})
	if err != nil {
		return err
	}
	s := &shop{out: out, nc: nc, dir: dir, keys: keys, customers: core.NewRepository(store, customer).WithSnapshots(snapshots)}
	if s.forgetter, err = sealed.NewForgetter(store, c, s.customers); err != nil {
		return err
	}
	return s.tell(ctx)
}

// shop is what the story is about.
type shop struct {
	out       io.Writer
	nc        *nats.Conn
	dir       string // of the server's files
	keys      *kvkeys.Store
	customers *core.Repository[Customer, string, uint64, core.NoMetadata]
	forgetter *sealed.Forgetter[string, uint64, core.NoMetadata]
}

func (s *shop) tell(ctx context.Context) error {
	register := func(id, name, email string) error {
		_, err := s.customers.Create(ctx, id, Register{Customer: id, Name: name, Email: email, Country: "GB"})
		return err
	}
	if err := register("C-1", "Ada Lovelace", "ada@example.com"); err != nil {
		return err
	}
	if err := register("C-2", "Charles Babbage", "charles@example.com"); err != nil {
		return err
	}
	if _, err := s.customers.Update(ctx, "C-2", Recommend{To: Friend{"C-1", "Ada Lovelace"}}); err != nil {
		return err
	}
	key, err := s.keyOf(ctx, "C-1")
	if err != nil {
		return err
	}
	if err := s.show(ctx, "before", key); err != nil {
		return err
	}
	if err := s.forgetter.Forget(ctx, "C-1"); err != nil {
		return err
	}
	if err := s.show(ctx, "after", key); err != nil {
		return err
	}
	if err := register("C-3", "Ada King", "ada@example.com"); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(s.out, "another   customer has registered ada@example.com")
	return nil
}

// show writes what readers get, and where the name, the address and the key of C-1 are.
func (s *shop) show(ctx context.Context, when string, key []byte) error {
	for _, id := range []string{"C-1", "C-2"} {
		c, _, err := s.customers.Load(ctx, id)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(s.out, "%-9s %+v\n", when, c)
	}
	export, err := s.forgetter.Export(ctx, "C-1")
	if err != nil {
		return err
	}
	for _, e := range export.Events {
		_, _ = fmt.Fprintf(s.out, "export    %s %s\n", e.Kind, e.Event)
	}
	places, err := s.search(ctx, key)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(s.out, "search    name and address: in %d messages, %d files; key: in %d messages, %d files\n",
		places.messages.values, places.files.values, places.messages.keys, places.files.keys)
	return nil
}

// keySize is the end of what the bucket has for a subject: a key of 32 bytes and a sum of 8.
const keySize, sumSize = 32, 8

// keyOf returns the data key of a subject, to look for it later: with a KMS it would be
// encrypted.
func (s *shop) keyOf(ctx context.Context, subject string) ([]byte, error) {
	value, _, err := s.keys.Load(ctx, subject)
	if err != nil {
		return nil, err
	}
	return value[len(value)-keySize-sumSize : len(value)-sumSize], nil
}
