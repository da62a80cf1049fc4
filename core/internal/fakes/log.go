package fakes

import (
	"bytes"
	"log/slog"
	"testing"
)

// Log returns the text that is logged until the end of the test.
func Log(t *testing.T) *bytes.Buffer {
	t.Helper()
	var buffer bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&buffer, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &buffer
}
