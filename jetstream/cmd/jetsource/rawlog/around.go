package rawlog

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// ServerVersion returns the version of the connected server.
func (l *Log) ServerVersion() string { return l.nc.ConnectedServerVersion() }

// IsMemory reports whether the stream is kept in memory.
func (l *Log) IsMemory() bool { return l.info.Config.Storage == jetstream.MemoryStorage }

// Account returns what the account uses and may use. A [DeniedError] says that the user may not
// ask.
func (l *Log) Account(ctx context.Context) (*jetstream.AccountInfo, error) {
	may, err := l.MayCall(ctx, l.api("INFO"))
	if err == nil && !may {
		err = &DeniedError{l.api("INFO")}
	}
	if err != nil {
		return nil, err
	}
	return l.js.AccountInfo(ctx)
}

// Skew returns how far the server's clock was ahead of this one when the stream was read.
func (l *Log) Skew() time.Duration { return l.info.TimeStamp.Sub(l.read) }

// Advisories listens for what the server says about the stream and about its limits.
func (l *Log) Advisories(ctx context.Context, during time.Duration) (heard []string, err error) {
	sub, err := l.nc.SubscribeSync("$JS.EVENT.ADVISORY.>")
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }()
	bounded, cancel := context.WithTimeout(ctx, during)
	defer cancel()
	for {
		m, err := sub.NextMsgWithContext(bounded)
		if err != nil {
			if ctx.Err() == nil {
				err = nil
			}
			return heard, err
		}
		heard = append(heard, m.Subject)
	}
}
