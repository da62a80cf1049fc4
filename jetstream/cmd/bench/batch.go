package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

// Errors of the server that only say that too many batches are open: the same
// batch can be sent again.
const (
	errCodeBatchIncomplete = 10176
	errCodeTooManyBatches  = 10210
)

var errTooManyBatches = errors.New("too many open batches")

// commitEvents commits several events to a new aggregate in one atomic batch. It
// sends the batch again while the stream has too many open.
func (r *rawClient) commitEvents(ctx context.Context, id string, count int) error {
	for attempt := 0; ; attempt++ {
		err := r.sendBatch(ctx, fmt.Sprint(id, "-", attempt), count, func(i int) *nats.Msg { return r.message(id, i, count) })
		if !errors.Is(err, errTooManyBatches) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(time.Millisecond):
		}
	}
}

// commitAggregates commits one event to each of several new aggregates in one
// atomic batch, as a group commit does.
func (r *rawClient) commitAggregates(ctx context.Context, id string, count int) error {
	return r.sendBatch(ctx, id, count, func(i int) *nats.Msg { return r.message(fmt.Sprint(id, "-", i), 0, 1) })
}

// sendBatch publishes an atomic batch of messages and waits for the answer to the
// last one.
func (r *rawClient) sendBatch(ctx context.Context, batch string, count int, message func(i int) *nats.Msg) error {
	for i := range count {
		m := message(i)
		m.Header["Nats-Batch-Id"] = []string{batch}
		m.Header["Nats-Batch-Sequence"] = []string{strconv.Itoa(i + 1)}
		if i < count-1 {
			if err := r.nc.PublishMsg(m); err != nil {
				return err
			}
			continue
		}
		m.Header["Nats-Batch-Commit"] = []string{"1"}
		answer, err := r.nc.RequestMsgWithContext(ctx, m)
		if err != nil {
			return err
		}
		return checkBatchAck(answer.Data, count)
	}
	return nil
}

// checkBatchAck returns an error unless the server has written the batch.
func checkBatchAck(data []byte, count int) error {
	var ack struct {
		Error *struct {
			Code        int    `json:"err_code"`
			Description string `json:"description"`
		} `json:"error"`
		Count int `json:"count"`
	}
	if err := json.Unmarshal(data, &ack); err != nil {
		return fmt.Errorf("answer to a batch: %w", err)
	}
	switch e := ack.Error; {
	case e != nil && (e.Code == errCodeBatchIncomplete || e.Code == errCodeTooManyBatches):
		return errTooManyBatches
	case e != nil:
		return errors.New(e.Description)
	case ack.Count != count:
		return fmt.Errorf("%d of %d events were written", ack.Count, count)
	}
	return nil
}
