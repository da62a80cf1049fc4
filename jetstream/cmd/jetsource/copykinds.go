package main

import (
	"context"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/transform"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// checkKinds looks, before anything is written, whether an event cannot get its new kind.
func checkKinds(ctx context.Context, l *rawlog.Log, t *transform.Transformer) error {
	all, err := view.Gaps(ctx, l)
	if err != nil {
		return err
	}
	gaps := wire.NewGaps(all)
	for kind := range t.Rules.Kinds {
		token, err := codec.EncodeToken(kind)
		if err != nil {
			return err
		}
		for m, err := range l.Read(ctx, l.Prefix()+"."+token+".>", 1, l.Info().State.LastSeq) {
			if err == nil && !gaps.Has(m.Seq) {
				err = t.CheckKind(m)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
