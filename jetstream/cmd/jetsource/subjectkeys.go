package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
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
