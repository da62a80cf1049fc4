package embedded

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// maxWarnings bounds what a logger keeps while a server starts.
const maxWarnings = 1000

// logger gives the server's warnings and errors to slog, and keeps the first
// fatal one: the server expects a logger to end the process there, and tells
// nobody else why it did not start. Nor does it tell why a stream was not
// recovered: warnings are kept until it has started.
type logger struct {
	to    *slog.Logger
	fatal atomic.Pointer[error]

	mu       sync.Mutex // guards what follows
	started  bool
	warnings []string
}

func newLogger(to *slog.Logger) *logger {
	if to == nil {
		to = slog.New(slog.DiscardHandler)
	}
	return &logger{to: to}
}

// fatalErr returns the error that kept the server from starting, or nil.
func (l *logger) fatalErr() error {
	if err := l.fatal.Load(); err != nil {
		return *err
	}
	return nil
}

// warningsAbout are the warnings so far that name a stream, or a file of it.
func (l *logger) warningsAbout(f streamFolder) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	name, file := strconv.Quote(f.stream), strings.Trim(strconv.Quote(f.path+string(filepath.Separator)), `"`)
	var about []string
	for _, w := range l.warnings {
		if strings.Contains(w, name) || strings.Contains(w, file) {
			about = append(about, strings.TrimSpace(w))
		}
	}
	return strings.Join(about, "; ")
}

// forget ends the keeping of warnings.
func (l *logger) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.started, l.warnings = true, nil
}

func (l *logger) Warnf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	l.to.Warn(text)
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.started && len(l.warnings) < maxWarnings {
		l.warnings = append(l.warnings, text)
	}
}

func (l *logger) Errorf(format string, v ...any) { l.to.Error(fmt.Sprintf(format, v...)) }

func (l *logger) Fatalf(format string, v ...any) {
	err := fmt.Errorf(format, v...)
	l.fatal.CompareAndSwap(nil, &err)
	l.to.Error(err.Error())
}

func (l *logger) Noticef(string, ...any) {}
func (l *logger) Debugf(string, ...any)  {}
func (l *logger) Tracef(string, ...any)  {}
