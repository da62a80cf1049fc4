package embedded

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// stagingOf is the file in a folder in memory that has the server's directory.
const stagingOf = "of"

// removeOrphans removes folders of servers that were killed, and whose directories are
// gone, so that no server will recover from them.
func removeOrphans(parent string) {
	folders, _ := filepath.Glob(filepath.Join(parent, stagingPrefix+"*"))
	for _, f := range folders {
		dir, err := os.ReadFile(filepath.Join(f, stagingOf))
		if err != nil {
			continue // it is just being made, or another program's
		}
		if _, err := os.Stat(string(dir)); errors.Is(err, fs.ErrNotExist) {
			_ = os.RemoveAll(f)
		}
	}
}

// formerStaging returns the folders that links in a server's directory lead to: those
// of a server that was killed.
func formerStaging(dir string) ([]string, error) {
	streams, err := findStreams(dir)
	if err != nil {
		return nil, err
	}
	var former []string
	for _, s := range streams {
		target, err := os.Readlink(s.batches())
		if err == nil && strings.HasPrefix(filepath.Base(filepath.Dir(target)), stagingPrefix) {
			former = append(former, filepath.Dir(target))
		}
	}
	return former, nil
}

// removeFolders removes what former servers left in memory, which is recovered.
func removeFolders(former []string) error {
	var errs []error
	for _, dir := range former {
		errs = append(errs, os.RemoveAll(dir))
	}
	return errors.Join(errs...)
}
