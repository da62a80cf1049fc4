package archive

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

// DamagedError reports a part of an archive that is not as it was written.
type DamagedError struct {
	File string
	Err  error
}

func (e *DamagedError) Error() string { return fmt.Sprintf("%s is damaged: %v", e.File, e.Err) }

// Unwrap returns the reason.
func (e *DamagedError) Unwrap() error { return e.Err }

// Read yields the messages from a position on. A part is checked before any of it is
// yielded; the first error is the last thing yielded.
func (a *Archive) Read(from uint64) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for _, p := range a.parts {
			if p.to < from {
				continue
			}
			lines, err := a.read(p)
			if err != nil {
				yield(Line{}, &DamagedError{filepath.Join(a.dir, p.name), err})
				return
			}
			for _, l := range lines {
				if l.Position >= from && !yield(l, nil) {
					return
				}
			}
		}
	}
}

var errChecksum = errors.New("its checksum differs")

// read returns the messages of a part.
func (a *Archive) read(p part) (lines []Line, err error) {
	f, err := os.Open(filepath.Join(a.dir, p.name))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	unzip, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer unzip.Close()
	r := bufio.NewReaderSize(unzip, 1<<20)
	h := sha256.New()
	for {
		text, err := r.ReadBytes('\n')
		if err != nil {
			return nil, fmt.Errorf("it ends too early: %w", err)
		}
		if last := (end{}); bytes.HasPrefix(text, []byte(`{"lines":`)) {
			if err := json.Unmarshal(text, &last); err != nil {
				return nil, err
			}
			if last.Lines != len(lines) || last.SHA256 != hex.EncodeToString(h.Sum(nil)) {
				return nil, errChecksum
			}
			break
		}
		_, _ = h.Write(text)
		var l Line
		if err := json.Unmarshal(text, &l); err != nil {
			return nil, err
		}
		lines = append(lines, l)
	}
	if _, err := r.ReadByte(); err != io.EOF {
		return nil, errors.Join(errors.New("there is more after its end"), err)
	}
	if len(lines) == 0 || lines[0].Position != p.from || lines[len(lines)-1].Position != p.to {
		return nil, errors.New("it does not hold what its name says")
	}
	return lines, nil
}
