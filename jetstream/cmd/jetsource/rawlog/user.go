package rawlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// User is who the program is connected as.
type User struct {
	Name        string       `json:"user"`
	Permissions *Permissions `json:"permissions"` // nil for all
}

// Permissions are the subjects of a user.
type Permissions struct {
	Publish   *Subjects `json:"publish"` // nil for all
	Subscribe *Subjects `json:"subscribe"`
}

// Subjects are what is allowed and what is not. Nothing allowed stands for everything.
type Subjects struct {
	Allow []string `json:"allow"`
	Deny  []string `json:"deny"`
}

// userInfo is asked for what the user may do.
const userInfo = "$SYS.REQ.USER.INFO"

// DeniedError says that the server refuses to take a message on a subject.
type DeniedError struct{ Subject string }

func (e *DeniedError) Error() string { return "the user may not publish on " + e.Subject }

// probeWait bounds one question.
const probeWait = 5 * time.Second

// User asks the server who the user is and what it may do. A [DeniedError] says that it may
// not ask.
func (l *Log) User(ctx context.Context) (u User, err error) {
	m, err := l.ask(ctx, userInfo, nil)
	if err != nil {
		return u, err
	}
	var answer struct {
		Data  *User           `json:"data"`
		Error json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil {
		return u, err
	}
	if answer.Data == nil {
		return u, fmt.Errorf("the server does not tell: %s", answer.Error)
	}
	return *answer.Data, nil
}

// MayCall reports whether the user may call the JetStream API, by a call that is no valid one.
func (l *Log) MayCall(ctx context.Context, subject string) (bool, error) {
	_, err := l.ask(ctx, subject, []byte("{"))
	if _, denied := errors.AsType[*DeniedError](err); denied {
		return false, nil
	}
	if errors.Is(err, nats.ErrNoResponders) {
		err = nil // it was allowed, and has no responder
	}
	return err == nil, err
}

// API returns the subject of a call of the JetStream API.
func (l *Log) API(call string) string { return l.api(call) }

// ask sends a request. A server that refuses it says so, and not in an answer.
func (l *Log) ask(ctx context.Context, subject string, data []byte) (*nats.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, probeWait)
	defer cancel()
	inbox := l.nc.NewRespInbox()
	sub, err := l.nc.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := l.nc.PublishRequest(subject, inbox, data); err != nil {
		return nil, err
	}
	if err := l.nc.FlushWithContext(ctx); err != nil {
		return nil, err
	}
	if err := l.nc.LastError(); errors.Is(err, nats.ErrPermissionViolation) && strings.Contains(err.Error(), `"`+subject+`"`) {
		return nil, &DeniedError{subject}
	}
	m, err := sub.NextMsgWithContext(ctx)
	if err != nil {
		return nil, err
	}
	if len(m.Data) == 0 && m.Header.Get("Status") == "503" {
		return nil, nats.ErrNoResponders
	}
	return m, nil
}
