package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

// File is a path and what git has there. A path is any bytes, and need not be
// the UTF-8 that a string in JSON must be; hence no string.
type File struct {
	Path []byte `json:"path"`
	Mode string `json:"mode"` // as git writes it, in octal: "100644"
	Blob string `json:"blob"` // of a submodule, its commit
}

// FileAdded says that a path appeared, and what it held.
type FileAdded File

// FileModified says what a path holds now: other content, another mode, or
// both.
type FileModified File

// FileDeleted says that a path is gone, and what it held until then.
type FileDeleted File

// ImportCommit says that a part of a git commit was recorded. It lies in the
// same atomic commit as the events of the files, and counts among them.
type ImportCommit struct {
	Hash  string `json:"hash"`
	Part  int    `json:"part"` // from 1
	Parts int    `json:"parts"`
}

func (FileAdded) EventKind() string    { return "file.added" }
func (FileModified) EventKind() string { return "file.modified" }
func (FileDeleted) EventKind() string  { return "file.deleted" }
func (ImportCommit) EventKind() string { return "import.commit" }

// Meta is recorded beside each event: which git commit it is of.
type Meta struct {
	Author string `json:"author"`
	Time   string `json:"time"` // as git writes it in ISO 8601: its dates may be none that time.Time can write
	Hash   string `json:"hash"`
}

// progressKey is the aggregate that says how far the import has come. A store
// holds one history.
var progressKey = core.Key[string]{Kind: "import", ID: "first-parent"}

const hashed = "sha256:"

// fileID is the identifier of the aggregate of a path: the path, or its hash if
// it is too long. A path that looks like such a hash goes by its hash as well,
// so no two paths have one identifier.
func fileID(path string) string {
	if len(path) <= codec.MaxToken && !strings.HasPrefix(path, hashed) {
		return path
	}
	sum := sha256.Sum256([]byte(path))
	return hashed + hex.EncodeToString(sum[:])
}

// decode returns a stored event as the type that its kind names.
func decode(s *store, e core.StoredEvent[string, uint64, Meta]) (core.Event, error) {
	switch e.Kind {
	case FileAdded{}.EventKind():
		return core.Decode[FileAdded](s, e)
	case FileModified{}.EventKind():
		return core.Decode[FileModified](s, e)
	case FileDeleted{}.EventKind():
		return core.Decode[FileDeleted](s, e)
	case ImportCommit{}.EventKind():
		return core.Decode[ImportCommit](s, e)
	}
	return nil, fmt.Errorf("event kind %q is not of this program", e.Kind)
}
