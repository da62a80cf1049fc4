package embedded

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// witnessName is the witness in a server's directory, beside the streams.
const witnessName = "witness.json"

var errWitnessDamaged = errors.New("it is damaged")

// witnessFile is what a witness is on disk. The checksum is that of the marks as
// they are written: a damaged witness must not accuse a log.
type witnessFile struct {
	Sum   string          `json:"sha256"`
	Marks json.RawMessage `json:"ends"`
}

// readWitness reads the marks in a directory, and when they were written. The
// error is fs.ErrNotExist if there are none.
func readWitness(dir string) (map[streamKey]mark, time.Time, error) {
	path := filepath.Join(dir, witnessName)
	info, err := os.Stat(path)
	if err != nil {
		return nil, time.Time{}, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, time.Time{}, err
	}
	var file witnessFile
	var list []mark
	if json.Unmarshal(data, &file) != nil || checksum(file.Marks) != file.Sum || json.Unmarshal(file.Marks, &list) != nil {
		return nil, time.Time{}, errWitnessDamaged
	}
	marks := make(map[streamKey]mark, len(list))
	for _, m := range list {
		marks[m.key()] = m
	}
	return marks, info.ModTime(), nil
}

// writeWitness replaces the witness of a directory: a crash leaves the old one or
// the new one.
func writeWitness(dir string, marks map[streamKey]mark) error {
	list := slices.SortedFunc(maps.Values(marks), mark.compare)
	raw, err := json.Marshal(list)
	if err != nil {
		return err
	}
	data, err := json.Marshal(witnessFile{Sum: checksum(raw), Marks: raw})
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(dir, witnessName), append(data, '\n'))
}

func checksum(raw json.RawMessage) string {
	var compact bytes.Buffer
	_ = json.Compact(&compact, raw)
	sum := sha256.Sum256(compact.Bytes())
	return hex.EncodeToString(sum[:])
}

// replaceFile writes a file so that after a crash it is the old one or the new
// one.
func replaceFile(path string, data []byte) error {
	temp := path + ".tmp"
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if cerr := file.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return errors.Join(err, removeIfThere(temp))
	}
	return syncDir(filepath.Dir(path))
}

func removeIfThere(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
