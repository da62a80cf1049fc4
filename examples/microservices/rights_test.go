//go:build unix

package microservices_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

// lack is a user who has the duties of another, but not all of the rights.
type lack struct{ user, as, without string }

// The rights in nats.conf are those that are needed: with them all duties are
// done, and without any one of them something is refused.
func TestEachRightIsNeeded(t *testing.T) {
	opts := conf(t)
	require.True(t, opts.SyncAlways)
	var lesser []*server.User
	var cases []lack
	for _, user := range opts.Users {
		for i, right := range slices.Concat(user.Permissions.Publish.Allow, user.Permissions.Subscribe.Allow) {
			as := fmt.Sprintf("%s-%d", user.Username, i)
			lesser = append(lesser, without(user, as, right))
			cases = append(cases, lack{user.Username, as, right})
		}
	}
	s := newTrial(t, opts, lesser)
	for _, user := range opts.Users {
		t.Run(user.Username, func(t *testing.T) {
			s.prepare(t, user.Username)
			refused, err := s.perform(t, user.Username, user.Username)
			require.NoError(t, err)
			require.Empty(t, refused)
		})
	}
	for _, c := range cases {
		t.Run(c.user+" without "+c.without, func(t *testing.T) {
			s.prepare(t, c.user)
			refused, err := s.perform(t, c.user, c.as)
			for try := 0; try < 1000 && isStillDeleted(err); try++ {
				refused, err = s.perform(t, c.user, c.as)
			}
			require.NotEmptyf(t, refused, "it is not needed: %v", err)
			require.Truef(t, server.SubjectMatchesFilter(refused, c.without), "%s was refused", refused)
		})
	}
}

// isStillDeleted reports whether the server could not create the directory of a stream,
// as happens while it still removes that of the one before it.
func isStillDeleted(err error) bool {
	refused, ok := errors.AsType[*natsjs.APIError](err)
	return ok && refused.ErrorCode == 10049 // of its kind, nats.go names none
}

// without returns a user who lacks one right.
func without(user *server.User, name, right string) *server.User {
	lesser := &server.User{Username: name, Password: name + "-password", Account: user.Account}
	rest := func(p *server.SubjectPermission) *server.SubjectPermission {
		allow := slices.DeleteFunc(slices.Clone(p.Allow), func(s string) bool { return s == right })
		if len(allow) == 0 {
			return &server.SubjectPermission{Deny: []string{">"}}
		}
		return &server.SubjectPermission{Allow: allow}
	}
	lesser.Permissions = &server.Permissions{
		Publish: rest(user.Permissions.Publish), Subscribe: rest(user.Permissions.Subscribe),
	}
	return lesser
}
