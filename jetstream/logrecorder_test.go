package jetstream_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
)

// logRecorder keeps all that a store logs, of every level.
type logRecorder struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logRecorder) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logRecorder) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug - 4}))
}

func (b *logRecorder) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// count returns how often what was logged.
func (b *logRecorder) count(what string) int { return strings.Count(b.String(), what) }
