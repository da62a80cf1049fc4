package checkup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// need is a right to publish, and who needs it.
type need struct {
	right  string // as it is granted: "events.*.*.*"
	sample string // a subject of it
	of     string
	api    bool // a call of the JetStream API
}

// some stands for any name.
const some = "jetsource-doctor"

func needs(l *rawlog.Log) []need {
	stream, prefix := l.Info().Config.Name, l.Prefix()+"."
	call := func(name, rest, of string) need {
		right := l.API(name)
		if rest != "" {
			right += "." + rest
		}
		return need{right, strings.ReplaceAll(right, "*", some), of, true}
	}
	anything := some + "." + some
	guard := prefix + wire.KindGuard + "." + wire.Guards
	return []need{
		call("STREAM.INFO", stream, "everybody"),
		call("STREAM.MSG.GET", stream, "writers, readers, strike, void and forget"),
		call("DIRECT.GET", stream, "everybody"),
		call("CONSUMER.CREATE", stream+".*", "readers, and tail and ui"),
		call("CONSUMER.MSG.NEXT", stream+".*", "readers, and tail and ui"),
		call("CONSUMER.DELETE", stream+".*", "readers, and tail and ui"),
		{prefix + "*.*.*", prefix + some + "." + anything, "writers", false},
		{prefix + wire.KindVoid + ".>", prefix + wire.KindVoid + "." + anything, "writers, to close a commit that lost its end, and void", false},
		{guard, guard, "writers, for transactions", false},
		{prefix + "*._unique.*", prefix + "taken._unique." + some, "writers, for unique values", false},
		{prefix + wire.KindStruck + ".>", prefix + wire.KindStruck + "." + anything, "strike, of an administrator; writers should not have it", false},
		call("INFO", "", "doctor, for the limits of the account"),
		call("STREAM.LIST", "", "info --all"),
	}
}

// Rights looks at what the connected user may do: it names each right that is missing of those
// that writers, readers and this program need. Leases, snapshots, keys and read models in
// buckets have rights of their own.
func Rights(ctx context.Context, l *rawlog.Log) (all []Symptom) {
	user, err := l.User(ctx)
	if _, denied := errors.AsType[*rawlog.DeniedError](err); denied {
		return probe(ctx, l)
	}
	if err != nil {
		return []Symptom{{"rights", Warning, "those of the user are not known: " + err.Error(), "the right to publish on $SYS.REQ.USER.INFO shows them"}}
	}
	publish := (*rawlog.Subjects)(nil)
	if user.Permissions != nil {
		publish = user.Permissions.Publish
		if inbox := "_INBOX." + some; !allows(user.Permissions.Subscribe, inbox) {
			all = append(all, Symptom{"rights", Warning, "the user may not subscribe to _INBOX.>", "needed by everybody, unless the user has an inbox prefix of its own"})
		}
	}
	for _, n := range needs(l) {
		if !allows(publish, n.sample) {
			all = append(all, missing(n, publish))
		}
	}
	if all == nil {
		all = []Symptom{{"rights", OK, strings.TrimSpace("user "+user.Name) + " may do all that writers, readers and this program need", ""}}
	}
	return all
}

// missing is the symptom of a right that the user has not, or of which it has a part.
func missing(n need, publish *rawlog.Subjects) Symptom {
	text := fmt.Sprintf("the user may not publish on %s", n.right)
	if publish != nil {
		part := slices.DeleteFunc(slices.Sorted(slices.Values(publish.Allow)), func(allowed string) bool { return !overlap(allowed, n.right) })
		if len(part) > 0 {
			text += ", only on " + strings.Join(part, ", ")
		}
	}
	return Symptom{"rights", Warning, text, "needed by " + n.of}
}

// probe tries the calls of the API, for a user that may not ask what it may do. What it may
// write cannot be tried.
func probe(ctx context.Context, l *rawlog.Log) (all []Symptom) {
	for _, n := range needs(l) {
		if !n.api {
			continue
		}
		may, err := l.MayCall(ctx, n.sample)
		if err != nil {
			all = append(all, Symptom{"rights", Warning, fmt.Sprintf("whether the user may publish on %s is not known: %v", n.right, err), "needed by " + n.of})
		} else if !may {
			all = append(all, missing(n, nil))
		}
	}
	return append(all, Symptom{"rights", Warning, "what the user may write is not known: it may not ask", "the right to publish on $SYS.REQ.USER.INFO shows it"})
}

// overlap reports whether there is a subject that two filters select.
func overlap(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		switch x, y := as[i], bs[i]; {
		case x == ">" || y == ">":
			return true
		case x != y && x != "*" && y != "*":
			return false
		}
	}
	return len(as) == len(bs)
}

// allows reports whether one may publish on a subject.
func allows(s *rawlog.Subjects, subject string) bool {
	if s == nil {
		return true
	}
	has := func(filters []string) bool {
		return slices.ContainsFunc(filters, func(f string) bool { return wire.Matches(f, subject) })
	}
	return (len(s.Allow) == 0 || has(s.Allow)) && !has(s.Deny)
}
