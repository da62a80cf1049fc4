package coretest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// goldenFile is a payload that was recorded once, and what it is today.
type goldenFile struct {
	path     string
	Kind     string          `json:"kind"`
	Recorded json.RawMessage `json:"recorded"`
	Today    []goldenEvent   `json:"today"`
}

// goldenEvent is an event of today.
type goldenEvent struct {
	Kind  string          `json:"kind"`
	Event json.RawMessage `json:"event"`
}

// goldenPath returns the path of a file of a kind.
func goldenPath(dir, kind string, n int) string {
	name := url.PathEscape(kind)
	if strings.HasPrefix(name, ".") {
		name = "%2E" + name[1:]
	}
	return filepath.Join(dir, name, fmt.Sprint(n)+".json")
}

// readGolden returns the files below a directory, none if it does not exist. An error
// names its file.
func readGolden(dir string) (files []*goldenFile, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path == dir {
			return nil
		}
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		f, err := readGoldenFile(path)
		files = append(files, f)
		return err
	})
	return files, err
}

func readGoldenFile(path string) (*goldenFile, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err // which names it
	}
	f := &goldenFile{path: path}
	if err := decodeStrictly(data, f); err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	if f.Kind == "" || f.Recorded == nil || f.Today == nil {
		return nil, fmt.Errorf("%s cannot be read: it needs a kind, recorded and today", path)
	}
	return f, nil
}

func (f *goldenFile) write() error {
	data, err := json.MarshalIndent(f, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(f.path), 0o750)
	}
	if err == nil {
		err = os.WriteFile(f.path, append(data, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	return nil
}

// decodeStrictly decodes JSON into v, which must have all of its fields.
func decodeStrictly(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON")
	}
	return nil
}

// diffToday returns how events differ from those that a file has.
func diffToday(got, want []goldenEvent) (lines []string) {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(want):
			lines = append(lines, fmt.Sprintf("event %d: got %s %s, want no more", i, got[i].Kind, got[i].Event))
		case i >= len(got):
			lines = append(lines, fmt.Sprintf("event %d: got none, want %s %s", i, want[i].Kind, want[i].Event))
		case got[i].Kind != want[i].Kind:
			lines = append(lines, fmt.Sprintf("event %d: got %s %s, want %s %s", i, got[i].Kind, got[i].Event, want[i].Kind, want[i].Event))
		default:
			if diffs := diffOf(parsed(got[i].Event), parsed(want[i].Event)); len(diffs) > 0 {
				lines = append(lines, fmt.Sprintf("event %d: %s", i, got[i].Kind))
				lines = append(lines, indent(diffs)...)
			}
		}
	}
	return lines
}

// parsed returns JSON as maps, lists and values.
func parsed(data []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	_ = d.Decode(&v) // the nil value then differs
	return v
}

// layoutOf returns the names and types of a payload, without its values.
func layoutOf(data []byte) string { return layout(parsed(data)) }

func layout(v any) string {
	switch v := v.(type) {
	case map[string]any:
		fields := make([]string, 0, len(v))
		for name, value := range v {
			fields = append(fields, fmt.Sprintf("%q:%s", name, layout(value)))
		}
		slices.Sort(fields)
		return "{" + strings.Join(fields, ",") + "}"
	case []any:
		if len(v) == 0 {
			return "[]"
		}
		return "[" + layout(v[0]) + "]"
	case string:
		return "string"
	case json.Number:
		return "number"
	case bool:
		return "bool"
	}
	return "null"
}
