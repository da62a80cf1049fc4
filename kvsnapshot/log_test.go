package kvsnapshot_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
)

// logged records what package core logs.
var logged = &logRecorder{}

type logRecorder struct {
	slog.Handler

	mu       sync.Mutex
	messages []string // guarded by mu
}

func (r *logRecorder) Enabled(context.Context, slog.Level) bool { return true }

func (r *logRecorder) Handle(_ context.Context, record slog.Record) error {
	message := record.Message
	record.Attrs(func(a slog.Attr) bool {
		message += fmt.Sprintf(" %s=%v", a.Key, a.Value)
		return true
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages = append(r.messages, message)
	return nil
}

// drain returns what was logged since the last call.
func (r *logRecorder) drain() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	messages := r.messages
	r.messages = nil
	return messages
}
