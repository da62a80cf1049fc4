package powerfs_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// call is one call of a program, as the model remembers it.
type call struct {
	verb       string // create, mkdir, write, truncate, rename, remove, sync
	path, to   string
	data       string
	off        int64
	file       int   // that it changes: the number of the call that created it
	dirs       []int // that it changes, by their numbers; the root has 0
	operations int   // made up to and with this call
}

func (c call) String() string {
	return fmt.Sprintf("%-8s %s %s off %d, %d bytes; file %d; operation %d", c.verb, c.path, c.to, c.off, len(c.data), c.file, c.operations)
}

// model is a tree that is durable, and the calls since.
type model struct {
	base  tree
	calls []call
}

// files gives each path of the base a number below those of the calls.
func (m *model) files() map[string]int {
	names := make(map[string]int)
	for i, path := range slices.Sorted(maps.Keys(m.base)) {
		names[path] = -1 - i
	}
	return names
}

// replay makes the calls again: of the operations the first ones, and of the
// writes those that kept lets through, as far as it does.
func (m *model) replay(operations int, kept func(index int, c call) string) tree {
	names, contents, cut := m.files(), make(map[int]string), make(map[int]bool)
	for path, file := range names {
		contents[file] = m.base[path]
	}
	for i, c := range m.calls {
		happens := c.operations <= operations
		switch c.verb {
		case "create", "mkdir":
			if happens {
				names[c.path] = c.file
			}
		case "remove":
			if happens {
				delete(names, c.path)
			}
		case "rename":
			if happens {
				move(names, c.path, c.to)
			}
		case "truncate":
			cut[c.file] = cut[c.file] || !happens
			if happens {
				contents[c.file] = resize(contents[c.file], int(c.off))
			}
		case "write":
			if data := kept(i, c); !cut[c.file] && data != "" {
				contents[c.file] = overwrite(contents[c.file], data, int(c.off))
			}
		}
	}
	found := make(tree)
	for path, file := range names {
		found[path] = contents[file]
	}
	return found
}

func move(names map[string]int, from, to string) {
	for path, file := range maps.Clone(names) {
		if path == from || strings.HasSuffix(from, "/") && strings.HasPrefix(path, from) {
			delete(names, path)
			names[to+strings.TrimPrefix(path, from)] = file
		}
	}
}

func resize(text string, size int) string {
	if size <= len(text) {
		return text[:size]
	}
	return text + strings.Repeat("\x00", size-len(text))
}

func overwrite(text, data string, off int) string {
	text = resize(text, max(len(text), off+len(data)))
	return text[:off] + data + text[off+len(data):]
}

// now is the tree as a program sees it.
func (m *model) now() tree {
	return m.replay(len(m.calls), func(_ int, c call) string { return c.data })
}

// durable returns how many operations a sync has committed, and for each file the
// number of calls before its last sync.
func (m *model) durable() (operations int, files map[int]int) {
	files = make(map[int]int)
	changed := make(map[int]int) // operations before the last change of a file
	for i, c := range m.calls {
		if c.verb == "sync" {
			operations = max(operations, changed[c.file])
			files[c.file] = i
			continue
		}
		for _, file := range append(c.dirs, c.file) {
			changed[file] = c.operations
		}
	}
	return operations, files
}

// currentFiles is the number of each file by its path.
func (m *model) currentFiles() map[string]int {
	names := m.files()
	for _, c := range m.calls {
		switch c.verb {
		case "create", "mkdir":
			names[c.path] = c.file
		case "remove":
			delete(names, c.path)
		case "rename":
			move(names, c.path, c.to)
		}
	}
	return names
}
