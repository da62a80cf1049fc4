package embedded

import (
	"errors"
	"fmt"
	"strings"
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
