package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/archive"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
	"github.com/jetsource/jetsource/jetstream/kvkeys"
)

// subjectKeys says where the keys are of the people whom sealed fields are about.
type subjectKeys struct{ bucket string }

func (k *subjectKeys) flags(set *flag.FlagSet) {
	set.StringVar(&k.bucket, "keys", "SUBJECTKEYS", "bucket of the keys of subjects")
}

// codec returns a codec that has the keys. It reads what any sealed codec has written.
func (k *subjectKeys) codec(ctx context.Context, nc *nats.Conn, l *rawlog.Log, to target) (*sealed.Codec, error) {
	keys, err := kvkeys.Open(ctx, nc, kvkeys.Config{Bucket: k.bucket, MustExist: true, Memory: l.IsMemory(), Domain: to.domain})
	if errors.Is(err, kvkeys.ErrNoBucket) {
		return nil, fmt.Errorf("%w; --keys names that of the store", err)
	}
	if err != nil {
		return nil, err
	}
	return sealed.New(keys, sealed.Config{Timeout: to.timeout})
}

// isSealed reports whether a message of a backup has values that only the key of a subject
// opens, as far as that can be told.
func isSealed(l archive.Line) bool {
	name := nats.Header(l.Header).Get(wire.HeaderCodec)
	if _, ok := sealed.InnerName(name); !ok || wire.IsSystem(l.Subject) {
		return false
	}
	token, _ := wire.Tokens(l.Subject)
	kind, err := codec.DecodeToken(token)
	if err != nil {
		return true
	}
	_, values, err := sealed.Untyped(name, kind, l.Data)
	return err != nil || slices.ContainsFunc(values, func(v *sealed.Value) bool { return !v.Empty })
}

// sayKeys says what a backup does not have.
func (p *program) sayKeys(sealed uint64) {
	if sealed > 0 {
		p.printf("%d events are sealed; their keys are not in this backup\n", sealed)
	}
}
