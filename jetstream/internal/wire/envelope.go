package wire

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
)

// Envelope is what the headers of an event say beside its codec, its commit and its metadata.
type Envelope struct {
	Time        time.Time // when it was recorded, in UTC
	CommandID   string
	Fingerprint string // of the command
	Origin      core.Origin
}

// Envelope reads the headers of an event. An error names the header.
func (m *Message) Envelope() (e Envelope, err error) {
	if e.Time, err = m.Recorded(); err != nil {
		return e, err
	}
	token, print, known := strings.Cut(m.Header.Get(HeaderCommand), " ")
	if e.CommandID, err = decodeToken(HeaderCommand, token); err != nil {
		return e, err
	}
	if token != "" && known {
		if e.Fingerprint, err = decodeToken(HeaderCommand, print); err != nil {
			return e, err
		}
	}
	e.Origin, err = Origin(m.Header)
	return e, err
}

// Recorded returns when a message was first recorded: of one that was restored or copied its
// header says so, since its own time is that of the restore.
func (m *Message) Recorded() (time.Time, error) {
	text := m.Header.Get(HeaderRecorded)
	if text == "" {
		return m.Time, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return m.Time, fmt.Errorf("header %s: %w", HeaderRecorded, err)
	}
	return at.UTC(), nil
}

// MetadataVersion returns how many layouts of the metadata came before that of an event.
func MetadataVersion(h nats.Header) (int, error) {
	text := h.Get(HeaderMetadataVersion)
	if text == "" {
		return 0, nil
	}
	version, err := strconv.Atoi(text)
	if err != nil {
		err = fmt.Errorf("header %s: %w", HeaderMetadataVersion, err)
	}
	return version, err
}

// CheckMetadata checks the metadata of an event as far as that can be done without its type.
func CheckMetadata(h nats.Header) error {
	if text := h.Get(HeaderMetadata); text != "" && !json.Valid([]byte(text)) {
		return fmt.Errorf("header %s: it is no JSON", HeaderMetadata)
	}
	_, err := MetadataVersion(h)
	return err
}
