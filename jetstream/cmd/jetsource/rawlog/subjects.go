package rawlog

import (
	"context"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/codec"
)

// Server returns the name and version of the server that the log was opened on.
func (l *Log) Server() string {
	return l.nc.ConnectedServerName() + " " + l.nc.ConnectedServerVersion()
}

// Subjects counts the messages of each subject that a filter matches.
func (l *Log) Subjects(ctx context.Context, filter string) (map[string]uint64, error) {
	stream, err := l.js.Stream(ctx, l.info.Config.Name)
	if err != nil {
		return nil, err
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(filter))
	if err != nil {
		return nil, err
	}
	return info.State.Subjects, nil
}

// Aggregates calls yield with the tokens of each aggregate that has messages on a filter,
// once, until it returns false.
func (l *Log) Aggregates(ctx context.Context, filter string, yield func(kind, id string) bool) error {
	subjects, err := l.Subjects(ctx, filter)
	if err != nil {
		return err
	}
	seen := make(map[string]bool)
	for subject := range subjects {
		tokens := strings.SplitN(subject, ".", 4)
		if len(tokens) != 4 || strings.HasPrefix(tokens[1], "_") || strings.HasPrefix(tokens[2], "_") {
			continue
		}
		key := tokens[2] + "." + tokens[3]
		if !seen[key] && !yield(tokens[2], tokens[3]) {
			return nil
		}
		seen[key] = true
	}
	return nil
}

// Kinds counts the aggregates of each kind.
func (l *Log) Kinds(ctx context.Context) (map[string]int, error) {
	kinds := make(map[string]int)
	err := l.Aggregates(ctx, l.subjects.Prefix+".*.*.*", func(kind, _ string) bool {
		if name, err := codec.DecodeToken(kind); err == nil {
			kind = name
		}
		kinds[kind]++
		return true
	})
	return kinds, err
}
