package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
)

// Why a stream cannot be recovered. They come inside a [NotRecoveredError].
var (
	// ErrNoKey means that a stream is encrypted and Options sets no JetStreamKey.
	ErrNoKey = errors.New("encrypted, and Options sets no JetStreamKey")

	// ErrWrongKey means that neither JetStreamKey nor JetStreamOldKey opens a key
	// file of the stream: it was written with another key, or is damaged.
	ErrWrongKey = errors.New("encrypted with another key, or damaged: JetStreamKey does not open it")

	// ErrDamaged means that a file that the server needs to recover a stream, or
	// to encrypt it, is missing, empty or not what was written.
	ErrDamaged = errors.New("damaged")

	// ErrNotServed means that the files of a stream look right, and that the
	// server does not serve it all the same: its account is not configured, or
	// its settings cannot be on this server. A server whose disk fails while it
	// reads a stream deletes what it can of it; the error says so then.
	ErrNotServed = errors.New("not served")
)

// NotRecoveredError reports streams that are on disk and that a server could
// not serve. A nats-server takes such a stream for one that does not exist, and
// deletes its folder when a client creates it; where a block of messages cannot
// be read, it deletes the block, or the folder, already at its start. The error
// matches the reason of each stream.
type NotRecoveredError struct {
	Dir     string
	Streams []UnrecoveredStream
}

// UnrecoveredStream is one stream of a [NotRecoveredError].
type UnrecoveredStream struct {
	Account string
	Stream  string
	Folder  string
	Err     error // why, as far as it is known
}

func (e *NotRecoveredError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "embedded: %s: streams on disk cannot be recovered:", e.Dir)
	for _, s := range e.Streams {
		fmt.Fprintf(&b, " %s of account %s: %v;", s.Stream, s.Account, s.Err)
	}
	b.WriteString(" start with the key they were written with, restore damaged files from a backup," +
		" or move out of the directory what is to be given up: a block of messages, or a stream's folder")
	return b.String()
}

// Unwrap returns the reason of each stream.
func (e *NotRecoveredError) Unwrap() []error {
	errs := make([]error, len(e.Streams))
	for i, s := range e.Streams {
		errs[i] = s.Err
	}
	return errs
}

// add notes that a stream cannot be recovered.
func (e *NotRecoveredError) add(f streamFolder, err error) {
	e.Streams = append(e.Streams, UnrecoveredStream{Account: f.account, Stream: f.stream, Folder: f.path, Err: err})
}

// orNil returns e, or nil if every stream is in order.
func (e *NotRecoveredError) orNil() error {
	if len(e.Streams) == 0 {
		return nil
	}
	return e
}

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
func (s *Server) checkRecovered(streams []streamFolder) error {
	if s.ns.JetStreamIsClustered() {
		return nil
	}
	bad := &NotRecoveredError{Dir: s.ns.JetStreamConfig().StoreDir}
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
