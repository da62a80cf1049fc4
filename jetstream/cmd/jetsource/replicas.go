package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/audit"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

type digest [sha256.Size]byte

// replica is what one server holds.
type replica struct {
	server  string
	digests []digest // by position; the first is of position 1
}

// compareReplicas reads the log from each server that holds it. A server answers what its
// own clients read, where it has a replica.
func (p *program) compareReplicas(ctx context.Context, nc *nats.Conn, l *rawlog.Log, last uint64) ([]audit.Finding, error) {
	servers, err := p.servers(nc, l)
	if err != nil {
		return nil, err
	}
	var all []replica
	for name, url := range servers {
		r, err := p.readReplica(ctx, name, url, last)
		if err != nil {
			return nil, fmt.Errorf("server %s: %w", name, err)
		}
		all = append(all, r)
	}
	return compare(all), nil
}

// servers returns the servers with a replica, by name. They are found among those that the
// connected one knows.
func (p *program) servers(nc *nats.Conn, l *rawlog.Log) (map[string]string, error) {
	cluster := l.Info().Cluster
	if cluster == nil || l.Info().Config.Replicas < 2 {
		return nil, fmt.Errorf("stream %s has one replica: there is nothing to compare", l.Info().Config.Name)
	}
	holds := []string{cluster.Leader}
	for _, r := range cluster.Replicas {
		holds = append(holds, r.Name)
	}
	found := make(map[string]string)
	for _, url := range append(nc.DiscoveredServers(), strings.Split(nc.ConnectedUrl(), ",")...) {
		one, err := p.to.connectTo(url)
		if err != nil {
			continue
		}
		if name := one.ConnectedServerName(); slices.Contains(holds, name) {
			found[name] = url
		}
		one.Close()
	}
	for _, name := range holds {
		if found[name] == "" {
			return nil, fmt.Errorf("server %s, which holds a replica, cannot be reached from here", name)
		}
	}
	return found, nil
}

func (p *program) readReplica(ctx context.Context, name, url string, last uint64) (replica, error) {
	nc, err := p.to.connectTo(url)
	if err != nil {
		return replica{}, err
	}
	defer nc.Close()
	l, err := rawlog.Open(ctx, nc, p.to.stream, p.to.domain)
	if err != nil {
		return replica{}, err
	}
	r := replica{server: name, digests: make([]digest, last)}
	progress := p.progress("read from "+name, last)
	defer progress.end()
	for m, err := range l.Read(ctx, l.Prefix()+".>", 1, last) {
		if err != nil {
			return r, err
		}
		progress.at(m.Seq)
		r.digests[m.Seq-1] = digestOf(m)
	}
	return r, nil
}

// digestOf is of all that was stored of a message, its time included.
func digestOf(m *rawlog.Message) digest {
	h := sha256.New()
	say(h, "%q %d %q", m.Subject, m.Time.UnixNano(), m.Data)
	names := make([]string, 0, len(m.Header))
	for name := range m.Header {
		if !slices.Contains(wire.AnswerHeaders, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		say(h, " %q %q", name, m.Header[name])
	}
	return digest(h.Sum(nil))
}

// compare finds positions at which the servers differ, one finding for each range.
func compare(all []replica) (found []audit.Finding) {
	slices.SortFunc(all, func(a, b replica) int { return strings.Compare(a.server, b.server) })
	for _, r := range all[1:] {
		var open *audit.Finding
		for i := range r.digests {
			if r.digests[i] == all[0].digests[i] {
				open = nil
				continue
			}
			at := uint64(i + 1)
			if open != nil {
				open.To = at
				continue
			}
			found = append(found, audit.NewFinding(audit.Replica, at, fmt.Sprintf("servers %s and %s hold different messages", all[0].server, r.server)))
			open = &found[len(found)-1]
		}
	}
	return found
}

// connectTo connects to one server and to no other, with the rights of the program.
func (t target) connectTo(url string) (*nats.Conn, error) {
	opts, err := t.options()
	if err != nil {
		return nil, err
	}
	return t.dial(url, append(opts, nats.DontRandomize(), nats.NoReconnect(), nats.IgnoreDiscoveredServers()))
}
