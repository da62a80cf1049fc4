package main

import (
	"encoding/pem"
	"os"
	"path/filepath"
)

// files are what goes to disk, in DER.
type files struct {
	authority []byte
	server    []byte
	key       []byte // of the server
}

func (f files) write(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, file := range []struct {
		name string
		mode os.FileMode
		data []byte
	}{
		{".gitignore", 0o644, []byte("*\n")},
		{"ca.pem", 0o644, encode("CERTIFICATE", f.authority)},
		{"server.pem", 0o644, encode("CERTIFICATE", f.server)},
		{"server-key.pem", 0o600, encode("PRIVATE KEY", f.key)},
	} {
		if err := replace(filepath.Join(dir, file.name), file.mode, file.data); err != nil {
			return err
		}
	}
	return nil
}

// replace writes a file that was not there before: one that exists would keep
// its mode, and a key must never be in a file that others can read.
func replace(path string, mode os.FileMode, data []byte) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
