package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	hashA = strings.Repeat("a", 40)
	hashB = strings.Repeat("b", 40)
	none  = strings.Repeat("0", 40)
)

func parse(log string) (commits []*commit, err error) {
	for c, err := range parseLog(bufio.NewReader(strings.NewReader(log))) {
		if err != nil {
			return commits, err
		}
		commits = append(commits, c)
	}
	return commits, nil
}

// format writes commits as git does, but for what parseLog drops.
func format(commits []*commit) string {
	var b strings.Builder
	for _, c := range commits {
		fmt.Fprintf(&b, "commit %s %s\x00%s\x00%s\x00", c.hash, c.parent, c.meta.Time, c.meta.Author)
		for i, ch := range c.changes {
			if i == 0 {
				b.WriteByte('\n')
			}
			from, to, old, blob := ch.file.Mode, ch.file.Mode, ch.file.Blob, ch.file.Blob
			switch ch.status {
			case 'A':
				from, old = "000000", none
			case 'D':
				to, blob = "000000", none
			}
			fmt.Fprintf(&b, ":%s %s %s %s %c\x00%s\x00", from, to, old, blob, ch.status, ch.file.Path)
		}
	}
	return b.String()
}

func TestParseLogReadsEveryKindOfChange(t *testing.T) {
	commits, err := parse("commit " + hashA + " \x00T1\x00Ada <a@b>\x00" +
		"\n:000000 100644 " + none + " " + hashA + " A\x00new\nline\t\xff\x00" +
		":100644 000000 " + hashB + " " + none + " D\x00commit x\x00" +
		"commit " + hashB + " " + hashA + " " + hashA + "\x00T2\x00\xff\x00" +
		"commit " + hashB + " " + hashA + "\x00T3\x00B\x00" +
		"\n:100644 120000 " + hashA + " " + hashB + " T\x00:100644\x00")
	require.NoError(t, err)
	require.Equal(t, []*commit{
		{hash: hashA, meta: Meta{Author: "Ada <a@b>", Time: "T1", Hash: hashA}, changes: []change{
			{'A', File{Path: []byte("new\nline\t\xff"), Mode: "100644", Blob: hashA}},
			{'D', File{Path: []byte("commit x"), Mode: "100644", Blob: hashB}},
		}},
		{hash: hashB, parent: hashA, meta: Meta{Author: "\uFFFD", Time: "T2", Hash: hashB}},
		{hash: hashB, parent: hashA, meta: Meta{Author: "B", Time: "T3", Hash: hashB}, changes: []change{
			{'T', File{Path: []byte(":100644"), Mode: "120000", Blob: hashB}},
		}},
	}, commits)
}

func TestParseLogRefusesWhatGitDoesNotWrite(t *testing.T) {
	header := "commit " + hashA + " \x00T\x00A\x00"
	entry := ":000000 100644 " + none + " " + hashA
	for name, log := range map[string]string{
		"a change before any commit": entry + " A\x00p\x00",
		"a commit without hash":      "commit \x00T\x00A\x00",
		"a short hash":               "commit abc \x00T\x00A\x00",
		"an unknown status":          header + entry + " R\x00p\x00",
		"a combined diff":            header + ":" + entry + " A\x00p\x00",
		"too few fields":             header + ":000000 100644 A\x00p\x00",
		"an empty path":              header + entry + " A\x00\x00",
		"a bad mode":                 header + strings.Replace(entry, "100644", "10064x", 1) + " A\x00p\x00",
	} {
		_, err := parse(log)
		require.Errorf(t, err, name)
		require.NotErrorIs(t, err, io.ErrUnexpectedEOF, name)
	}
}

func TestParseLogFindsAnEndWithinACommit(t *testing.T) {
	log := "commit " + hashA + " \x00T\x00A\x00\n:000000 100644 " + none + " " + hashA + " A\x00path\x00"
	whole := strings.LastIndex(strings.TrimSuffix(log, "\x00"), "A\x00\n") + len("A\x00")
	for end := 1; end < len(log); end++ {
		_, err := parse(log[:end])
		if end == whole {
			require.NoError(t, err, "a commit without changes")
			continue
		}
		require.ErrorIsf(t, err, io.ErrUnexpectedEOF, "%q", log[:end])
	}
}

func TestFileIDsDiffer(t *testing.T) {
	long := strings.Repeat("p", 256)
	byHash := fileID(long)
	require.Equal(t, "p", fileID("p"))
	require.Equal(t, long[:255], fileID(long[:255]))
	require.Len(t, byHash, len("sha256:")+64)
	require.NotEqual(t, byHash, fileID(byHash), "a path that looks like the id of another")
}

func FuzzParseLog(f *testing.F) {
	f.Add("commit " + hashA + " \x00T\x00A\x00\n:000000 100644 " + none + " " + hashA + " A\x00path\x00")
	f.Add("commit " + hashA + " " + hashB + "\x00T\x00A\x00")
	f.Add("\n:::\x00")
	f.Fuzz(func(t *testing.T, log string) {
		commits, err := parse(log)
		if err != nil {
			return
		}
		again, err := parse(format(commits))
		require.NoError(t, err)
		require.Equal(t, commits, again)
	})
}
