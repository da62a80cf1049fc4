package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

const (
	msgsDir     = "msgs"
	newMsgsDir  = "__new_msgs__" // while the server purges a stream
	blockSuffix = ".blk"
)

// checkBlocks returns why the server could not read all messages of the stream,
// or not write new ones. One that has to rebuild its index then deletes the
// block without a word, or the whole stream.
func (f streamFolder) checkBlocks(k keys, encrypted bool) error {
	if err := writable(f.path); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(f.path, newMsgsDir)); err == nil {
		return nil // a purge was interrupted: keys may have been moved, and the server completes it
	}
	files, err := readDir(filepath.Join(f.path, msgsDir))
	if err != nil {
		return err
	}
	for _, file := range files {
		if number, ok := strings.CutSuffix(file.Name(), blockSuffix); ok {
			if err := f.checkBlock(number, k, encrypted); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkBlock returns why the server could not read one block of messages. In an
// encrypted stream, blocks from before it was encrypted have no key.
func (f streamFolder) checkBlock(number string, k keys, encrypted bool) error {
	head, err := readHead(filepath.Join(f.path, msgsDir, number+blockSuffix))
	if err != nil || len(head) == 0 {
		return err
	}
	keyFile := filepath.Join(msgsDir, number+keySuffix)
	sealed, err := f.read(keyFile)
	switch {
	case err != nil:
		return err
	case sealed == nil && encrypted && !isPlain(head):
		return damaged(keyFile, "is missing")
	case sealed == nil:
		return nil
	}
	if err := k.open(sealed, f.account, f.stream+":"+number); err != nil {
		return fmt.Errorf("%s: %w", keyFile, err)
	}
	return nil
}

// readHead returns the first bytes of a file.
func readHead(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	head := make([]byte, 128)
	n, err := io.ReadFull(file, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return head[:n], err
}

// isPlain reports whether the first bytes of a block are not encrypted. Of
// random bytes, one in 100,000 are taken for plain.
func isPlain(head []byte) bool {
	// A record: length (4, the first bit is a flag), sequence (8), time (8),
	// length of the subject (2), subject, ..., checksum (8).
	const empty, largest = 30, 32 << 20
	if bytes.HasPrefix(head, []byte("cmp")) { // compressed
		return true
	}
	if len(head) < empty {
		return false
	}
	length := int(binary.LittleEndian.Uint32(head) &^ (1 << 31))
	subject := int(binary.LittleEndian.Uint16(head[20:]))
	if length > largest || length < empty+subject {
		return false
	}
	for _, c := range head[22:min(22+subject, len(head))] {
		if c <= ' ' {
			return false
		}
	}
	return subject > 0 || length == empty
}

// writable returns why no file can be made in dir.
func writable(dir string) error {
	file, err := os.CreateTemp(dir, "_test_")
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}
