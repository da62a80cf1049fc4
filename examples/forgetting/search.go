package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nats-io/nats.go/jetstream"
)

// places counts where something was found.
type places struct{ messages, files counts }

type counts struct{ values, keys int }

func (c *counts) count(data, key []byte) {
	for _, value := range []string{"Ada Lovelace", "ada@example.com"} {
		if bytes.Contains(data, []byte(value)) {
			c.values++
			break
		}
	}
	if bytes.Contains(data, key) {
		c.keys++
	}
}

// search looks for the personal values of C-1 and for its key, in the messages of all
// streams and in the files of the server.
func (s *shop) search(ctx context.Context, key []byte) (found places, err error) {
	js, err := jetstream.New(s.nc)
	if err != nil {
		return found, err
	}
	names := js.StreamNames(ctx)
	for name := range names.Name() {
		stream, err := js.Stream(ctx, name)
		if err == nil {
			err = eachMessage(ctx, stream, func(data []byte) { found.messages.count(data, key) })
		}
		if err != nil {
			return found, err
		}
	}
	if err := names.Err(); err != nil {
		return found, err
	}
	return found, filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		var data []byte
		if err == nil && d.Type().IsRegular() {
			data, err = os.ReadFile(path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a file of the server that is gone by now
		}
		found.files.count(data, key)
		return err
	})
}

func eachMessage(ctx context.Context, stream jetstream.Stream, each func(data []byte)) error {
	for next := uint64(1); ; {
		m, err := stream.GetMsg(ctx, next, jetstream.WithGetMsgSubject(">"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		each(m.Data)
		next = m.Sequence + 1
	}
}
