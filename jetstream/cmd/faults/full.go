//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// room is what a stream is given until it is full, in bytes: some commits.
const room = 2000

// unlimited is instead of room for a stream without a limit.
const unlimited = -1

// fill limits the second store's stream to a little more than it holds, and waits until
// its reactor has a commit refused for that. If the limit happened to leave the reactor
// idle, it sets another.
func fill(ctx context.Context, t *target) error {
	s := t.clients.second
	s.limited = true
	for ctx.Err() == nil {
		before := s.refused.Load()
		err := limit(ctx, t.admin, t.stream+secondSuffix, room)
		if err != nil {
			return err
		}
		if await(ctx, 3*time.Second, func() bool { return s.refused.Load() > before }) {
			return nil
		}
	}
	return ctx.Err()
}

// limit sets the size at which a stream is full to what it holds and some bytes more,
// or to none if more is unlimited. It tries again until the servers agree.
func limit(ctx context.Context, admin *nats.Conn, stream string, more int64) (err error) {
	if !await(ctx, recoveryTime, func() bool { err = tryLimit(admin, stream, more); return err == nil }) {
		return errors.Join(fmt.Errorf("set the limit of %s: %w", stream, err), ctx.Err())
	}
	return nil
}

// tryLimit is one attempt of limit.
func tryLimit(admin *nats.Conn, stream string, more int64) error {
	var info struct {
		Config map[string]any
		State  struct{ Bytes int64 }
	}
	if err := request(admin, "$JS.API.STREAM.INFO."+stream, nil, &info); err != nil {
		return err
	}
	info.Config["max_bytes"] = info.State.Bytes + more
	if more == unlimited {
		info.Config["max_bytes"] = unlimited
	}
	return request(admin, "$JS.API.STREAM.UPDATE."+stream, info.Config, &info)
}

// request asks the servers once.
func request(nc *nats.Conn, subject string, body, answer any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	m, err := nc.Request(subject, data, 2*time.Second)
	if err != nil {
		return err
	}
	var failed struct{ Error *struct{ Description string } }
	if err := json.Unmarshal(m.Data, &failed); err != nil {
		return err
	}
	if failed.Error != nil {
		return errors.New(failed.Error.Description)
	}
	return json.Unmarshal(m.Data, answer)
}
