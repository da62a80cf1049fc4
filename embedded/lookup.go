package embedded

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// indexName is what a server that is closed knows of all blocks.
const indexName = "index.db"

// notStored are the bits of a record's sequence that say that it is no message:
// one that was erased, or a note that one was deleted.
const notStored = 3 << 62

// lookup is what the blocks of a stream say about the message at a position.
type lookup struct {
	found bool
	time  time.Time // when the message was recorded, if it was found
	last  uint64    // the last message of the log that can be read

	// events is how many messages up to the position can be read, if whole: all
	// blocks were read.
	events uint64
	whole  bool

	// unknown says that only the server can tell: a block is encrypted, or
	// messages were deleted.
	unknown bool
}

// lookUp looks for the message at a position, from the end of the log backwards,
// and changes nothing. A record that is damaged, and what lies behind it in its
// block, is not found: the server cuts that off when it has to build its index.
// Where it has to, because there is none, or with all, lookUp too reads all
// blocks.
func (f streamFolder) lookUp(position uint64, all bool) lookup {
	numbers, err := f.blocks()
	index, ierr := f.read(filepath.Join(msgsDir, indexName))
	if err != nil || ierr != nil {
		return lookup{unknown: true}
	}
	l := lookup{whole: all || len(index) == 0}
	for _, number := range numbers {
		name := strconv.Itoa(number)
		data, err := os.ReadFile(filepath.Join(f.path, msgsDir, name+blockSuffix))
		if err != nil || f.isEncrypted(name) {
			return lookup{unknown: true}
		}
		first := l.read(data, f.stream+"-"+name, position)
		if l.unknown || !l.whole && (l.found || first > 0 && first <= position) {
			break // blocks before this one hold what is before
		}
	}
	return l
}

// blocks are the numbers of the stream's blocks, the last one first.
func (f streamFolder) blocks() ([]int, error) {
	files, err := readDir(filepath.Join(f.path, msgsDir))
	if err != nil {
		return nil, err
	}
	var numbers []int
	for _, file := range files {
		if name, ok := strings.CutSuffix(file.Name(), blockSuffix); ok {
			if n, err := strconv.Atoi(name); err == nil {
				numbers = append(numbers, n)
			}
		}
	}
	slices.Sort(numbers)
	slices.Reverse(numbers)
	return numbers, nil
}

func (f streamFolder) isEncrypted(number string) bool {
	sealed, err := f.read(filepath.Join(msgsDir, number+keySuffix))
	return err != nil || sealed != nil
}

// read adds what a block says, and returns the sequence of its first message, 0
// if it has none.
func (l *lookup) read(data []byte, name string, position uint64) (first uint64) {
	data, err := unpack(data)
	if err != nil {
		return 0 // damaged, and lost as a whole
	}
	sum, err := blockSum(name)
	if err != nil {
		return 0
	}
	for len(data) > 0 {
		n := recordLength(data)
		if n == 0 || n > len(data) || !sumMatches(data[:n], sum) || !headersMatch(data[:n]) {
			break
		}
		sequence := sequenceOf(data)
		if sequence&notStored != 0 || sequence == 0 {
			l.unknown = true
			break
		}
		if first == 0 {
			first = sequence
		}
		l.last = max(l.last, sequence)
		if sequence <= position {
			l.events++
		}
		if sequence == position {
			l.found, l.time = true, time.Unix(0, int64(binary.LittleEndian.Uint64(data[12:]))).UTC()
		}
		data = data[n:]
	}
	return first
}

// headersMatch reports whether a record's headers have the length that it says:
// the checksum does not cover it.
func headersMatch(record []byte) bool {
	if binary.LittleEndian.Uint32(record)&hasHeaders == 0 {
		return true
	}
	rest := record[recordHead+subjectLength(record) : len(record)-recordSum]
	n := uint64(binary.LittleEndian.Uint32(rest))
	rest = rest[4:]
	return n <= uint64(len(rest)) && bytes.HasPrefix(rest, []byte("NATS/1.0")) && bytes.HasSuffix(rest[:n], []byte("\r\n\r\n"))
}

func sequenceOf(record []byte) uint64 { return binary.LittleEndian.Uint64(record[4:]) }
