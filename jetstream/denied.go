package jetstream

import (
	"errors"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// askDenied is how long a commit waits before it looks whether the answer does
// not come because the publish was denied.
const askDenied = 200 * time.Millisecond

// denial finds out whether the server denied a publish: it does not answer then,
// but tells the client, which keeps the last thing that it was told.
//
// It names the subject, but not which publish it was. So a denial does not prove
// that this attempt was not written: in the moment in which the user's rights
// change, it may be of another one.
type denial struct {
	nc     *nats.Conn
	before error // what the client had been told before the attempt
	msgs   []*nats.Msg
}

func (s *stream) denial(msgs ...*nats.Msg) *denial {
	return &denial{nc: s.nc, before: s.nc.LastError(), msgs: msgs}
}

// err returns a [PermissionError] if a publish to one of the subjects was denied
// since.
func (d *denial) err() error {
	now := d.nc.LastError()
	if !errors.Is(now, nats.ErrPermissionViolation) || now == d.before { //nolint:errorlint // the same, not the like
		return nil
	}
	for _, m := range d.msgs {
		// There is nothing but text that tells the subject.
		if strings.Contains(now.Error(), `Publish to "`+m.Subject+`"`) {
			return &PermissionError{Subject: m.Subject}
		}
	}
	return nil
}
