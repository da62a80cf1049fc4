//go:build power

package powerfs_test

import (
	"strings"
	"sync"
)

// logTail keeps the last lines of a log.
type logTail struct {
	mu    sync.Mutex
	lines []string // guarded by mu
}

func (l *logTail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, string(p))
	l.lines = l.lines[max(0, len(l.lines)-60):]
	return len(p), nil
}

func (l *logTail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "")
}
