package powerfs_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/powerfs"
)

const sector = 512

// check tells what is wrong with a tree that is left after a loss of power; "" if
// nothing is.
func (m *model) check(mode powerfs.Mode, left tree) string {
	operations, synced := m.durable()
	all := 0
	if n := len(m.calls); n > 0 {
		all = m.calls[n-1].operations
	}
	switch mode {
	case powerfs.KeepAll:
		operations = all
	case powerfs.DropAll:
		all = operations
	}
	problem := fmt.Sprintf("no prefix of %d to %d operations leaves these names", operations, all)
	for n := operations; n <= all; n++ {
		names := m.replay(n, func(int, call) string { return "" })
		if !slices.Equal(slices.Sorted(maps.Keys(names)), slices.Sorted(maps.Keys(left))) {
			continue
		}
		if problem = m.checkFiles(mode, n, synced, left); problem == "" {
			return ""
		}
	}
	return problem
}

// checkFiles tells which file has a content that it cannot have if the first
// operations survived.
func (m *model) checkFiles(mode powerfs.Mode, operations int, synced map[int]int, left tree) string {
	for path, text := range left {
		file := m.fileAt(operations, path)
		may := func(kept func(int, call) string) bool {
			return m.replay(operations, func(i int, c call) string {
				if c.file != file || i < synced[file] {
					return c.data
				}
				return kept(i, c)
			})[path] == text
		}
		unsynced := m.writes(file, synced)
		var fits bool
		switch mode {
		case powerfs.DropAll:
			fits = may(func(int, call) string { return "" })
		case powerfs.KeepAll:
			fits = may(func(_ int, c call) string { return c.data })
		case powerfs.Prefix:
			fits = prefixFits(unsynced, m.calls, may)
		case powerfs.Sectors:
			fits = m.sectorsFit(operations, unsynced, path, text)
		}
		if !fits {
			return fmt.Sprintf("after %d operations %s cannot hold %d bytes %q", operations, path, len(text), text)
		}
	}
	return ""
}

// fileAt is the number of the file at a path after some operations.
func (m *model) fileAt(operations int, path string) int {
	first := &model{base: m.base}
	for _, c := range m.calls {
		if c.operations <= operations {
			first.calls = append(first.calls, c)
		}
	}
	return first.currentFiles()[path]
}

// writes are the numbers of the unsynced writes to a file.
func (m *model) writes(file int, synced map[int]int) (found []int) {
	for i, c := range m.calls {
		if c.verb == "write" && c.file == file && i >= synced[file] {
			found = append(found, i)
		}
	}
	return found
}

// prefixFits tells whether the first writes and the beginning of the next one, up
// to where a sector ends, leave the content.
func prefixFits(unsynced []int, calls []call, may func(func(int, call) string) bool) bool {
	for n := range len(unsynced) + 1 {
		cuts := []int64{0}
		if n < len(unsynced) {
			torn := calls[unsynced[n]]
			for end := (torn.off/sector + 1) * sector; end < torn.off+int64(len(torn.data)); end += sector {
				cuts = append(cuts, end-torn.off)
			}
		}
		for _, cut := range cuts {
			if may(func(i int, c call) string {
				switch at := slices.Index(unsynced, i); {
				case at < n:
					return c.data
				case at == n:
					return c.data[:cut]
				}
				return ""
			}) {
				return true
			}
		}
	}
	return false
}

// sectorsFit tells whether each sector is as after some of the unsynced writes.
func (m *model) sectorsFit(operations int, unsynced []int, path, text string) bool {
	var versions []string
	for n := range len(unsynced) + 1 {
		versions = append(versions, m.replay(operations, func(i int, c call) string {
			if at := slices.Index(unsynced, i); at >= n {
				return ""
			}
			return c.data
		})[path])
	}
	longest := 0
	for _, v := range versions {
		longest = max(longest, len(v))
	}
	if len(text) > longest {
		return false
	}
	for from := 0; from < len(text); from += sector {
		part := text[from:min(from+sector, len(text))]
		if !slices.ContainsFunc(versions, func(v string) bool {
			return resize(v, max(len(v), from+len(part)))[from:from+len(part)] == part
		}) {
			return false
		}
	}
	return true
}
