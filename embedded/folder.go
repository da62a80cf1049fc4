package embedded

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
)

// streamFolder is where a server keeps one stream:
//
//	meta.inf  the stream's settings; sealed with meta.key if that is there
//	meta.sum  the checksum of meta.inf; written last when a stream is created
//	msgs      the messages, in blocks
//	obs       the consumers
type streamFolder struct {
	account string
	stream  string
	path    string
}

// findStreams are the streams of all accounts in a server's directory, without
// those that the server was deleting.
func findStreams(dir string) ([]streamFolder, error) {
	root := filepath.Join(dir, server.JetStreamStoreDir)
	accounts, err := readDir(root)
	if err != nil {
		return nil, err
	}
	var found []streamFolder
	for _, a := range accounts {
		if a.Type().IsRegular() {
			continue
		}
		parent := filepath.Join(root, a.Name(), "streams")
		streams, err := readDir(parent)
		if err != nil {
			return nil, err
		}
		for _, s := range streams {
			f := streamFolder{account: a.Name(), stream: s.Name(), path: filepath.Join(parent, s.Name())}
			if !s.Type().IsRegular() && !strings.HasPrefix(f.stream, ".") {
				found = append(found, f)
			}
		}
	}
	return found, nil
}

// isLeftover reports whether the folder is only the beginning of a stream whose
// creation was interrupted, so that it was never acknowledged: a part of what
// describes the stream is missing, and there is no byte of a message, of an
// index or of a consumer.
func (f streamFolder) isLeftover() (bool, error) {
	for _, name := range []string{server.JetStreamMetaFile, server.JetStreamMetaFileSum} {
		if data, err := f.read(name); err != nil {
			return false, err
		} else if len(data) > 0 {
			continue
		}
		return f.holdsNothing()
	}
	return false, nil
}

// holdsNothing reports whether all files are empty, but for keys and metadata.
func (f streamFolder) holdsNothing() (bool, error) {
	nothing := true
	err := filepath.WalkDir(f.path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name := strings.TrimSuffix(entry.Name(), ".tmp")
		switch {
		case !entry.Type().IsRegular():
			nothing = false
		case name == server.JetStreamMetaFile, name == server.JetStreamMetaFileSum, filepath.Ext(name) == keySuffix:
			if parent := filepath.Dir(path); parent != f.path && parent != filepath.Join(f.path, msgsDir) {
				nothing = false // of a consumer, or of a batch
			}
		default:
			info, err := entry.Info()
			if err != nil {
				return err
			}
			nothing = nothing && info.Size() == 0
		}
		return nil
	})
	return nothing, err
}

// read returns the content of a file of the folder, nil if it is missing.
func (f streamFolder) read(name string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(f.path, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && data == nil {
		data = []byte{}
	}
	return data, err
}

// readDir is os.ReadDir for a directory that need not exist. Where a file is in
// its place, the server says so.
func readDir(dir string) ([]fs.DirEntry, error) {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return os.ReadDir(dir)
}
