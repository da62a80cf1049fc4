package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// staging keeps in memory what a server writes of a commit before it writes the
// commit to the log.
//
// For each batch of an unreplicated stream a server has files of its own, in the
// folder "batches" of the stream: ten operations and five syncs, which take longer
// than the rest. They matter only if the batch is cut off while it is written. They
// survive the end of the process in memory, too: the folder is a link, which the
// server follows, and removes, when it recovers the stream. If the machine crashes
// they are lost, and a commit that was cut off is not whole, nor was it acked; then
// package jetstream makes it void.
//
// A nil staging does nothing.
type staging struct {
	root string // where the server has its accounts
	dir  string // in memory
	log  *logger

	linked map[string]time.Time // the streams' folders of each account, as they were when all streams had links
	onDisk time.Time            // since when there has been too little room; zero if there is enough
	stop   func()
}

// StagingOnDisk is the value of Config.Staging that leaves batches on the disk.
const StagingOnDisk = "disk"

const (
	// stagingPrefix is what the name of a folder in memory begins with.
	stagingPrefix = "jetsource-staging-"

	stagingInterval = 50 * time.Millisecond // between two looks for new streams and at the room
	stagingRoom     = 32 << 20              // free bytes that a folder in memory needs at first
	stagingLow      = 8 << 20               // free bytes below which batches go to the disk
	stagingPause    = 10 * time.Second      // how long they go there at least
)

// openStaging makes the folder in memory. Before the server starts it removes nothing:
// what the links of a server that was killed lead to is still to be recovered.
func openStaging(cfg Config, opts *server.Options, log *logger) (*staging, error) {
	parent := cfg.Staging
	switch parent {
	case StagingOnDisk:
		return nil, nil
	case "":
		if parent = memoryFolder(); parent == "" || room(parent) < stagingRoom {
			return nil, nil
		}
	}
	removeOrphans(parent)
	dir, err := os.MkdirTemp(parent, stagingPrefix)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, stagingOf), []byte(opts.StoreDir), 0o600)
	}
	if err != nil && cfg.Staging == "" {
		return nil, nil
	}
	if err != nil {
		return nil, &ConfigError{Field: "Staging", Value: cfg.Staging, Err: err}
	}
	return &staging{
		root: filepath.Join(opts.StoreDir, server.JetStreamStoreDir), dir: dir, log: log,
		linked: make(map[string]time.Time), stop: func() {},
	}, nil
}

// start links the folders of all streams, and of those that are created later, until
// close.
func (s *staging) start() {
	if s == nil {
		return
	}
	s.check()
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(stagingInterval)
		defer ticker.Stop()
		for {
			select {
			case <-quit:
				return
			case <-ticker.C:
				s.check()
			}
		}
	}()
	s.stop = func() {
		close(quit)
		<-done
	}
}

// close is called when the server has stopped, and before start if it did not run.
func (s *staging) close() error {
	if s == nil {
		return nil
	}
	s.stop()
	return errors.Join(s.unlink(), os.RemoveAll(s.dir))
}

// check moves batches to the disk while there is little room in memory, and links the
// folders of new streams while there is enough.
func (s *staging) check() {
	free := room(s.dir)
	switch {
	case s.onDisk.IsZero() && free < stagingLow:
		s.onDisk = time.Now()
		s.log.Warnf("Commits are put together on the disk, %s has %d MB left", s.dir, free>>20)
		if err := s.unlink(); err != nil {
			s.log.Warnf("%v", err)
		}
	case s.onDisk.IsZero():
		s.linkNew()
	case free >= stagingRoom && time.Since(s.onDisk) > stagingPause:
		s.onDisk = time.Time{}
		s.linkNew()
	}
}
