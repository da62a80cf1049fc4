package conn

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
)

// denialWait is how long a commit waits before it checks whether the answer is
// missing because the publish was denied.
const denialWait = 200 * time.Millisecond

// PermissionError is documented at its alias in package jetstream.
type PermissionError struct {
	Subject string
}

func (e *PermissionError) Error() string {
	return fmt.Sprintf("server denies publishing to %s", e.Subject)
}

// Is makes every such error match [nats.ErrPermissionViolation] and
// [core.ErrUnavailable].
func (e *PermissionError) Is(target error) bool {
	return target == nats.ErrPermissionViolation || target == core.ErrUnavailable
}

// denial finds out whether the server denied a publish. The server does not answer
// then, but tells the client, which keeps the last such message.
//
// That message names the subject, but not which publish it was. So a denial does
// not prove that this attempt was not written: at the moment when the user's
// rights change, it may be about another one.
type denial struct {
	nc     *nats.Conn
	before error // the client's last error before the attempt
	msgs   []*nats.Msg
}

func (c *Conn) watchDenial(msgs ...*nats.Msg) *denial {
	return &denial{nc: c.nc, before: c.nc.LastError(), msgs: msgs}
}

// err returns a [PermissionError] if a publish to one of the subjects was denied
// since.
func (d *denial) err() error {
	now := d.nc.LastError()
	if !errors.Is(now, nats.ErrPermissionViolation) || now == d.before { //nolint:errorlint // the very same error
		return nil
	}
	for _, m := range d.msgs {
		// Only the text has the subject.
		if strings.Contains(now.Error(), `Publish to "`+m.Subject+`"`) {
			return &PermissionError{Subject: m.Subject}
		}
	}
	return nil
}
