package view

import (
	"context"
	"fmt"
	"slices"
	"sort"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Gaps returns what readers pass over, in order.
func Gaps(ctx context.Context, l *rawlog.Log) ([]wire.Gap, error) {
	entries, err := l.Last(ctx, wire.GapSubjects(l.Prefix()+".*.*.*")...)
	if err != nil {
		return nil, err
	}
	var all []wire.Gap
	for _, m := range entries {
		list, err := wire.ParseGaps(m.Data)
		if err != nil {
			return nil, fmt.Errorf("the entry at %d cannot be read: %w", m.Seq, err)
		}
		all = append(all, list...)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].From < all[j].From })
	return slices.CompactFunc(all, func(a, b wire.Gap) bool { return a.From == b.From && a.To == b.To && a.Commit == b.Commit }), nil
}

// Passed returns why readers pass over a position; empty if they do not.
func Passed(gaps []wire.Gap, at uint64) string {
	for _, g := range gaps {
		if g.From <= at && at <= g.To {
			if g.Commit != "" {
				return "its commit lost its end"
			}
			return "struck out: " + g.Reason
		}
	}
	return ""
}
