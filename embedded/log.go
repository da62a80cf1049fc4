package embedded

import (
	"fmt"
	"log/slog"
	"sync/atomic"
)

// logger passes the server's warnings and errors on to slog, and keeps the first
// fatal error. The server expects that the logger ends the process then, and
// reports nowhere else why it did not start.
type logger struct {
	to    *slog.Logger
	fatal atomic.Pointer[error]
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

func (l *logger) Warnf(format string, v ...any)  { l.to.Warn(fmt.Sprintf(format, v...)) }
func (l *logger) Errorf(format string, v ...any) { l.to.Error(fmt.Sprintf(format, v...)) }

func (l *logger) Fatalf(format string, v ...any) {
	err := fmt.Errorf(format, v...)
	l.fatal.CompareAndSwap(nil, &err)
	l.to.Error(err.Error())
}

func (l *logger) Noticef(string, ...any) {}
func (l *logger) Debugf(string, ...any)  {}
func (l *logger) Tracef(string, ...any)  {}
