package core

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
)

// A FingerprintedCommand is a [Command] that says itself what makes it the same command
// when it is sent again: see [WithCommandID].
type FingerprintedCommand interface {
	// CommandFingerprint returns a text that another command has only if it asks for the
	// same; an empty one fits every command.
	CommandFingerprint() string
}

// command is what identifies a command: its id and its fingerprint.
type command struct {
	id, fingerprint string
}

// commandOf returns the command with the id of ctx; without one it is zero.
func commandOf(ctx context.Context, cmd any) command {
	id := CommandID(ctx)
	if id == "" {
		return command{}
	}
	return command{id, fingerprint(cmd)}
}

// fingerprint tells a command from others: by what it says itself, or else by its type
// and the value that JSON sees. It is empty for a function, which shows neither.
func fingerprint(cmd any) string {
	if own, ok := cmd.(FingerprintedCommand); ok {
		if text := own.CommandFingerprint(); text != "" {
			return hash("own", text)
		}
		return ""
	}
	t := reflect.TypeOf(cmd)
	if t == nil || t.Kind() == reflect.Func {
		return ""
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	value, err := json.Marshal(cmd)
	if err != nil {
		value = nil
	}
	return hash(t.PkgPath(), t.Name(), string(value))
}

// hash returns a short text that stands for some others.
func hash(texts ...string) string {
	h := sha256.New()
	for _, t := range texts {
		h.Write([]byte(t))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
