package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/nats-io/nats-server/v2/server"
)

// checkFolders looks at every stream below the directory before a server with
// opts runs there, and changes nothing. It returns the streams that the server
// has to recover, and those that are only the beginning of one; or a
// [NotRecoveredError] with all streams that the server would ignore or delete.
func checkFolders(opts *server.Options) (streams, leftovers []streamFolder, err error) {
	folders, err := findStreams(opts.StoreDir)
	if err != nil {
		return nil, nil, fmt.Errorf("embedded: find streams: %w", err)
	}
	k, alone := keysOf(opts), standsAlone(opts)
	bad := &NotRecoveredError{Dir: opts.StoreDir}
	for _, f := range folders {
		leftover, err := f.isLeftover()
		switch {
		case err == nil && leftover:
			leftovers = append(leftovers, f)
			continue
		case err == nil:
			err = f.check(k, alone)
		}
		if err != nil {
			bad.add(f, err)
		}
		streams = append(streams, f)
	}
	return streams, leftovers, bad.orNil()
}

// removeLeftovers removes the beginnings of streams. The server would leave them
// as they are, and could not recover what is created there later: it does not
// complete settings that it finds, and it panics on an empty key file.
func removeLeftovers(leftovers []streamFolder, log *logger) error {
	for _, f := range leftovers {
		log.Warnf("Removing stream %q of account %q, whose creation was interrupted: %s", f.stream, f.account, f.path)
		if err := os.RemoveAll(f.path); err != nil {
			return fmt.Errorf("embedded: remove stream whose creation was interrupted: %w", err)
		}
	}
	return nil
}

// standsAlone reports whether a server with opts decides by its own disk which
// streams it has. A member of a cluster is told by the others.
func standsAlone(opts *server.Options) bool {
	return opts.Cluster.Port == 0 && opts.Gateway.Port == 0 && len(opts.LeafNode.Remotes) == 0
}

// checkRecovered returns a [NotRecoveredError] with those of the streams that
// the server, which has recovered what it could, does not serve. In a cluster
// it knows nothing: a stream may have been deleted while this member was down.
func (s *Server) checkRecovered(streams []streamFolder, dir string) error {
	if s.ns.JetStreamIsClustered() {
		return nil
	}
	bad := &NotRecoveredError{Dir: dir}
	served := make(map[string]map[string]bool)
	for _, f := range streams {
		if _, ok := served[f.account]; !ok {
			served[f.account] = s.streamsOf(f.account)
		}
		if served[f.account][f.stream] {
			continue
		}
		if err := s.whyNotServed(f, served[f.account] != nil); err != nil {
			bad.add(f, err)
		}
	}
	return bad.orNil()
}

// streamsOf are the names of the streams that the server serves for an account;
// nil if it does not know the account or the account has no JetStream.
func (s *Server) streamsOf(account string) map[string]bool {
	detail, err := s.ns.JszAccount(&server.JSzOptions{Account: account, Streams: true})
	if err != nil {
		return nil
	}
	names := make(map[string]bool, len(detail.Streams))
	for _, stream := range detail.Streams {
		names[stream.Name] = true
	}
	return names
}

// whyNotServed is the reason why the server does not serve a stream that was on
// disk before it started, or nil if nothing is wrong.
func (s *Server) whyNotServed(f streamFolder, accountServed bool) error {
	if !accountServed {
		if s.ns.AccountResolver() != nil {
			return nil // recovered when the account is first asked for
		}
		return fmt.Errorf("%w: the account is not configured, or has no JetStream", ErrNotServed)
	}
	why := s.log.warningsAbout(f)
	_, err := os.Stat(f.path)
	switch gone := errors.Is(err, fs.ErrNotExist); {
	case gone && why == "":
		return nil // a client has deleted the stream since the server listens
	case gone:
		return fmt.Errorf("%w: the server could not recover it and deleted it: %s", ErrNotServed, why)
	case why == "":
		return ErrNotServed
	default:
		return fmt.Errorf("%w: %s", ErrNotServed, why)
	}
}
