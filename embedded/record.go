package embedded

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"github.com/minio/highwayhash"
	"github.com/nats-io/nats-server/v2/server"
)

// A block is a sequence of records, which may be compressed together. A record
// is, in little endian:
//
//	length of the record (4, the first bit says that there are headers)
//	sequence (8), time (8), length of the subject (2)
//	subject
//	length of the headers (4), if there are any
//	headers and data
//	checksum (8) of all of it but lengths
const (
	recordHead    = 22
	recordSum     = 8
	hasHeaders    = 1 << 31
	largestRecord = 32 << 20
)

// areRecords reports whether data is a whole block that is not encrypted. The
// block's name is the key of its checksums.
func areRecords(data []byte, name string) bool {
	data, err := unpack(data)
	if err != nil {
		return false
	}
	sum, err := blockSum(name)
	if err != nil {
		return false
	}
	for len(data) > 0 {
		n := recordLength(data)
		if n == 0 || n > len(data) || !sumMatches(data[:n], sum) {
			return false
		}
		data = data[n:]
	}
	return true
}

// unpack returns the records of a block, which may be compressed.
func unpack(data []byte) ([]byte, error) {
	var compression server.CompressionInfo
	n, err := compression.UnmarshalMetadata(data)
	if err != nil || n == 0 {
		return data, err
	}
	return compression.Algorithm.Decompress(data[n:])
}

// blockSum returns the checksum of the records in the block of that name.
func blockSum(name string) (hash.Hash, error) {
	key := sha256.Sum256([]byte(name))
	return highwayhash.New64(key[:])
}

// recordLength is the length of the record that data begins with, 0 if it
// cannot be one.
func recordLength(data []byte) int {
	if len(data) < recordHead {
		return 0
	}
	length := binary.LittleEndian.Uint32(data)
	n, least := int(length&^hasHeaders), recordHead+subjectLength(data)+recordSum
	if length&hasHeaders != 0 {
		least += 4
	}
	if n < least || n > largestRecord {
		return 0
	}
	return n
}

func subjectLength(record []byte) int { return int(binary.LittleEndian.Uint16(record[recordHead-2:])) }

func sumMatches(record []byte, sum hash.Hash) bool {
	subjectEnd := recordHead + subjectLength(record)
	rest, end := subjectEnd, len(record)-recordSum
	if binary.LittleEndian.Uint32(record)&hasHeaders != 0 {
		rest += 4
	}
	sum.Reset()
	_, _ = sum.Write(record[4 : recordHead-2])
	_, _ = sum.Write(record[recordHead:subjectEnd])
	_, _ = sum.Write(record[rest:end])
	return bytes.Equal(sum.Sum(nil), record[end:])
}

// looksPlain reports whether a block with these first bytes may be one that is
// not encrypted. Of encrypted blocks, one in a million looks so.
func looksPlain(head []byte) bool {
	if bytes.HasPrefix(head, []byte("cmp")) { // compressed
		return true
	}
	if recordLength(head) == 0 {
		return false
	}
	for _, c := range head[recordHead:min(recordHead+subjectLength(head), len(head))] {
		if c <= ' ' {
			return false
		}
	}
	return true
}
