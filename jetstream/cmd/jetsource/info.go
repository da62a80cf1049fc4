package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// storeInfo is what info shows.
type storeInfo struct {
	Stream   string         `json:"stream"`
	StoreID  string         `json:"store_id"`
	Prefix   string         `json:"prefix"`
	Messages uint64         `json:"messages"`
	Bytes    uint64         `json:"bytes"`
	Subjects uint64         `json:"subjects"`
	First    time.Time      `json:"first,omitzero"`
	Last     time.Time      `json:"last,omitzero"`
	Replicas int            `json:"replicas"`
	Leader   string         `json:"leader,omitempty"`
	Server   string         `json:"server"`
	Format   string         `json:"format"`
	Kinds    map[string]int `json:"kinds,omitempty"` // aggregates of each kind
}

func infoCommand() command {
	all, kinds := false, false
	return command{
		name: "info", short: "what the store holds and where it is",
		long: "Shows the stream of the store: how much it holds, since when, on which servers. With --all it\nlists the streams of the account that look like stores.",
		flags: func(set *flag.FlagSet) {
			set.BoolVar(&all, "all", false, "list all stores of the account")
			set.BoolVar(&kinds, "kinds", false, "count the aggregates of each kind")
		},
		run: func(ctx context.Context, p *program, _ []string) error {
			if all {
				return p.stores(ctx)
			}
			return p.info(ctx, kinds)
		},
	}
}

func (p *program) info(ctx context.Context, kinds bool) error {
	l, end, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer end()
	s := l.Info()
	i := storeInfo{
		Stream: s.Config.Name, StoreID: l.StoreID(), Prefix: l.Prefix(), Messages: s.State.Msgs, Bytes: s.State.Bytes, Subjects: s.State.NumSubjects,
		Replicas: s.Config.Replicas, Server: l.Server(), Format: s.Config.Metadata[wire.MetaFormat],
	}
	if i.First, i.Last, err = l.Span(ctx); err != nil {
		return err
	}
	if s.Cluster != nil {
		i.Leader = s.Cluster.Leader
	}
	if kinds {
		if i.Kinds, err = l.Kinds(ctx); err != nil {
			return err
		}
	}
	if p.json {
		return printJSON(p.out, i)
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	say(w, "stream\t%s (store %s, format %s)\n", i.Stream, i.StoreID, i.Format)
	say(w, "subjects\t%s.<event kind>.<aggregate kind>.<id>, %d in use\n", i.Prefix, i.Subjects)
	say(w, "messages\t%d, %s\n", i.Messages, view.Size(i.Bytes))
	say(w, "from\t%s\nto\t%s\n", i.First.Format(time.RFC3339), i.Last.Format(time.RFC3339))
	say(w, "replicas\t%d, leader %s\nserver\t%s\n", i.Replicas, i.Leader, i.Server)
	for _, kind := range slices.Sorted(maps.Keys(i.Kinds)) {
		say(w, "%s\t%d aggregates\n", view.Printable(kind), i.Kinds[kind])
	}
	return w.Flush()
}

// stores lists the streams with subjects as those of a store.
func (p *program) stores(ctx context.Context) error {
	nc, err := p.to.connect()
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	list := js.ListStreams(ctx)
	for s := range list.Info() {
		prefix, rest, _ := strings.Cut(strings.Join(s.Config.Subjects, " "), ".")
		if rest != "*.*.*" && s.Config.Metadata[wire.MetaStoreID] == "" || wire.IsSystem(prefix) {
			continue
		}
		if p.json {
			err = printJSON(p.out, map[string]any{"stream": s.Config.Name, "prefix": prefix, "messages": s.State.Msgs})
		} else {
			_, err = fmt.Fprintf(p.out, "%-20s  prefix %-12s  %d messages\n", s.Config.Name, prefix, s.State.Msgs)
		}
		if err != nil {
			return err
		}
	}
	return list.Err()
}
