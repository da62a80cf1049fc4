package embedded

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
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
func (f streamFolder) checkBlocks(k keys, alone bool) error {
	if err := writable(f.path); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(f.path, newMsgsDir)); err == nil {
		return nil // a purge was interrupted: keys may have been moved, and the server completes it
	}
	files, err := os.ReadDir(filepath.Join(f.path, msgsDir))
	if errors.Is(err, fs.ErrNotExist) {
		if !alone { // the other members of the cluster have the messages
			return nil
		}
		return damaged(msgsDir, "is missing")
	}
	if err != nil {
		return err
	}
	for _, file := range files {
		if number, ok := strings.CutSuffix(file.Name(), blockSuffix); ok {
			if err := f.checkBlock(number, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkBlock returns why the server could not read one block of messages, or
// would lose it by encrypting it: a server with a key encrypts the blocks that
// are not, the key file first.
func (f streamFolder) checkBlock(number string, k keys) error {
	block, keyFile := filepath.Join(msgsDir, number+blockSuffix), filepath.Join(msgsDir, number+keySuffix)
	head, err := f.readHead(block)
	if err != nil || len(head) == 0 {
		return err
	}
	sealed, err := f.read(keyFile)
	switch {
	case err != nil:
		return err
	case sealed == nil && k.none():
		return nil
	case sealed == nil:
		if plain, err := f.isPlain(block, number); err != nil || plain {
			return err
		}
		return damaged(block, "is damaged and cannot be encrypted, or is encrypted and "+keyFile+" is missing")
	}
	if err := k.open(sealed, f.account, f.stream+":"+number); err != nil {
		return fmt.Errorf("%s: %w", keyFile, err)
	}
	if !looksPlain(head) {
		return nil
	}
	plain, err := f.isPlain(block, number)
	if err == nil && plain {
		err = damaged(block, "is not encrypted yet, for its encryption was interrupted: remove "+keyFile)
	}
	return err
}

// isPlain reports whether a block is whole and not encrypted. It reads all of
// it.
func (f streamFolder) isPlain(block, number string) (bool, error) {
	data, err := os.ReadFile(filepath.Join(f.path, block))
	return err == nil && areRecords(data, f.stream+"-"+number), err
}

// readHead returns the first bytes of a file.
func (f streamFolder) readHead(name string) ([]byte, error) {
	file, err := os.Open(filepath.Join(f.path, name))
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

// writable returns why no file can be made in dir.
func writable(dir string) error {
	file, err := os.CreateTemp(dir, "_test_")
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}
