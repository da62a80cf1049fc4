package jetstream_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
)

// logbook keeps all that a store logs, of every level.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logbook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logbook) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug - 4}))
}

func (b *logbook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// says counts the lines that hold what.
func (b *logbook) says(what string) int { return strings.Count(b.String(), what) }
