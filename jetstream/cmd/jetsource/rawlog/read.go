package rawlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

const (
	pageMessages = 1000
	pageBytes    = 8 << 20
	answerWait   = 10 * time.Second // for the next message of an answer
	retries      = 5
	abandoned    = 30 * time.Second // after which the server removes a consumer without a reader
)

// Read yields the messages on a filter from one position to another, both included. The
// answers come from the nearest replica, which may be behind: it is asked again until it
// has what the leader had. The first error is the last thing yielded.
func (l *Log) Read(ctx context.Context, filter string, from, to uint64) iter.Seq2[*Message, error] {
	return func(yield func(*Message, error) bool) {
		from = max(from, 1)
		for failed := 0; from <= to; {
			batch := int(min(pageMessages, to-from+1)) // there are no more positions
			page, err := l.page(ctx, wire.GetRequest{Seq: from, NextFor: filter, Batch: batch, MaxBytes: pageBytes})
			none := errors.Is(err, wire.ErrNoResults) || hasStatus(err, 404)
			if none && l.info.Config.Replicas < 2 {
				return
			}
			if err != nil { // of a replica that is behind, perhaps
				if failed++; failed > retries && none {
					return
				}
				if failed > retries || ctx.Err() != nil {
					yield(nil, fmt.Errorf("read from position %d: %w", from, err))
					return
				}
				if err := conn.Sleep(ctx, time.Duration(failed)*100*time.Millisecond, nil); err != nil {
					yield(nil, err)
					return
				}
				continue
			}
			failed = 0
			for _, m := range page.Messages {
				if m.Seq > to || !yield(m, nil) {
					return
				}
				from = m.Seq + 1
			}
		}
	}
}

// At returns the message at a position; nil if there is none.
func (l *Log) At(ctx context.Context, position uint64) (*Message, error) {
	for m, err := range l.Read(ctx, l.Prefix()+".>", position, position) {
		return m, err
	}
	return nil, nil
}

func hasStatus(err error, status int) bool {
	failed, ok := errors.AsType[*wire.ReadError](err)
	return ok && failed.Status == status
}

// page asks for one page of messages.
func (l *Log) page(ctx context.Context, r wire.GetRequest) (*wire.Page, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	inbox := l.nc.NewRespInbox()
	sub, err := l.nc.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := l.nc.PublishRequest(l.api("DIRECT.GET."+l.info.Config.Name), inbox, data); err != nil {
		return nil, err
	}
	page := wire.NewPage(l.info.Config.Name, r)
	for {
		m, err := next(ctx, sub)
		if err != nil {
			return nil, err
		}
		if done, err := page.Add(m); done || err != nil {
			return page, err
		}
	}
}

func next(ctx context.Context, sub *nats.Subscription) (*nats.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	return sub.NextMsgWithContext(ctx)
}

func (l *Log) api(call string) string {
	if l.domain != "" {
		return "$JS." + l.domain + ".API." + call
	}
	return "$JS.API." + call
}

// Follow yields the messages on a filter from a position on, and waits for those that come.
func (l *Log) Follow(ctx context.Context, filter string, from uint64) iter.Seq2[*Message, error] {
	return l.FollowThen(ctx, filter, from, func() {})
}

// FollowThen is Follow that calls begun once the server will send what comes.
func (l *Log) FollowThen(ctx context.Context, filter string, from uint64, begun func()) iter.Seq2[*Message, error] {
	return func(yield func(*Message, error) bool) {
		consumer, err := l.js.OrderedConsumer(ctx, l.info.Config.Name, jetstream.OrderedConsumerConfig{
			FilterSubjects: []string{filter}, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(from, 1),
			InactiveThreshold: abandoned,
		})
		if err != nil {
			yield(nil, err)
			return
		}
		messages, err := consumer.Messages()
		if err != nil {
			yield(nil, err)
			return
		}
		defer messages.Stop()
		begun()
		for {
			got, err := messages.Next(jetstream.NextContext(ctx))
			if err != nil {
				yield(nil, err)
				return
			}
			at, err := got.Metadata()
			if err != nil {
				yield(nil, err)
				return
			}
			m := &Message{Seq: at.Sequence.Stream, Subject: got.Subject(), Time: at.Timestamp.UTC(), Header: got.Headers(), Data: got.Data()}
			if !yield(m, nil) {
				return
			}
		}
	}
}
