package embedded

import (
	"errors"
	"io/fs"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	witnessInterval = time.Second
	// lazyInterval is how often a server that syncs lazily does it, unless
	// Options sets SyncInterval.
	lazyInterval = 2 * time.Minute
)

// witness remembers where the log of each store ends, in a file beside the
// streams, so that a log that lost its end is noticed when a server starts. It
// claims only what is synced: on a server that syncs always, what the server has;
// on one that syncs lazily, what the witness itself has synced, as often as that
// server does. A nil witness does nothing.
type witness struct {
	dir    string
	accept []string // streams whose loss is accepted
	verify bool     // compare all messages
	log    *logger
	lazy   time.Duration // how often to sync; 0 if the server syncs always

	stop func()
	observed
}

// observed is what a witness knows. It is used by start, then by one goroutine, then by close.
type observed struct {
	ns     *server.Server
	marks  map[streamKey]mark // as on disk
	synced time.Time          // what was written before is synced
}

// openWitness reads the witness of a directory, nil for a server that keeps
// none: one without a directory of its own, and one that others tell which
// streams it has.
func openWitness(cfg Config, opts *server.Options, log *logger) *witness {
	if cfg.Dir == "" || cfg.noWitness || opts.Cluster.Port != 0 || opts.Gateway.Port != 0 {
		return nil
	}
	w := &witness{dir: opts.StoreDir, accept: cfg.AcceptLoss, verify: cfg.Verify, log: log, stop: func() {}}
	if !opts.SyncAlways {
		if w.lazy = opts.SyncInterval; w.lazy <= 0 {
			w.lazy = lazyInterval
		}
	}
	var err error
	w.marks, w.synced, err = readWitness(w.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warnf("Whether stores in %s lost events before cannot be told: %s: %v", w.dir, witnessName, err)
		w.marks = make(map[streamKey]mark)
	}
	if w.synced.After(time.Now()) { // the clock was set back
		w.synced = time.Time{}
	}
	return w
}

// start compares what a server serves with the witness, and begins to follow it,
// until close. It returns a [LostEndError] for what is missing.
func (w *witness) start(ns *server.Server) error {
	if w == nil || ns.JetStreamIsClustered() {
		return nil
	}
	served, ok := servedEnds(ns)
	if !ok {
		return nil
	}
	if err := w.compare(served); err != nil {
		return err
	}
	w.ns = ns // from here on, close writes the witness
	if w.marks == nil && len(served.stores()) > 0 {
		w.log.Warnf("Whether stores in %s lost events before cannot be told: there is no %s", w.dir, witnessName)
	}
	failing := w.update(true)
	if failing != nil {
		w.log.Warnf("%v", failing)
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		w.run(quit, failing != nil)
	}()
	w.stop = func() {
		close(quit)
		<-done
	}
	return nil
}

// close writes the witness a last time. It is called once, while the server runs.
func (w *witness) close() error {
	if w == nil || w.ns == nil {
		return nil
	}
	w.stop()
	return w.update(true)
}

// run updates the witness until quit is closed. It logs an error once, until an
// update works again.
func (w *witness) run(quit <-chan struct{}, failing bool) {
	ticker := time.NewTicker(witnessInterval)
	defer ticker.Stop()
	for {
		select {
		case <-quit:
			return
		case <-ticker.C:
		}
		err := w.update(false)
		if err != nil && !failing {
			w.log.Warnf("%v", err)
		}
		failing = err != nil
	}
}
