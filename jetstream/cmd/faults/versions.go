//go:build unix

package main

import (
	"errors"
	"sync"

	"github.com/jetsource/jetsource/core"
)

// knownVersions are the versions of aggregates as a client knows them. They may be
// old.
type knownVersions struct {
	mu       sync.Mutex // guards versions
	versions map[key]version
}

func newKnownVersions() *knownVersions { return &knownVersions{versions: make(map[key]version)} }

func (k *knownVersions) get(aggregate key) version {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.versions[aggregate]
}

func (k *knownVersions) set(aggregate key, v version) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.versions[aggregate] = v
}

// answered sets the version that the answer to a commit tells: that of an ack, or
// that of a conflict.
func (k *knownVersions) answered(aggregate key, position uint64, err error) {
	if err == nil {
		k.set(aggregate, core.At(position))
	} else if conflict, ok := errors.AsType[*core.ConflictError[uint64]](err); ok {
		k.set(aggregate, conflict.Actual)
	}
}
