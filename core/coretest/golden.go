package coretest

import (
	"flag"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fold"
	"github.com/jetsource/jetsource/core/typecheck"
)

var updateGolden = flag.Bool("golden.update", false, "coretest.Golden adds payloads of new kinds and layouts, and records what old ones are today")

// Table is what reads events: a core.Aggregate, a projection.Projection or a
// reactor.Reactor.
type Table interface {
	EventReader() *core.EventReader
}

// Golden checks that a program still reads every event that was ever recorded. Files
// below dir, which are kept with the program, have a payload of each kind and layout:
//
//	testdata/events/customer.moved.v2/1.json
//
// Golden decodes each of them, and fails the test if the payload has fields that its
// type does not read any more, or if what the event is today, by its history, is not
// what the file says. It also fails for a kind of the tables, or a layout of its
// payload, without a file. Run the test with the flag -golden.update after a change
// that is meant: it adds files, with a sample that may be edited, and records what
// events have become. It never makes a payload pass that is not read; one that is given
// up on purpose is removed by hand.
//
// Payloads are JSON, as a store with that codec records them. Fields are not told from
// unknown ones inside types that decode themselves.
func Golden(t testing.TB, dir string, tables ...Table) {
	t.Helper()
	readers := make([]*core.EventReader, len(tables))
	ignored := make(map[string]bool)
	for i, table := range tables {
		readers[i] = table.EventReader()
		if g, ok := table.(interface{ IgnoredKinds() []string }); ok {
			for _, kind := range g.IgnoredKinds() {
				ignored[kind] = true
			}
		}
	}
	all, ambiguous := fold.Merge(readers...)
	if ambiguous != "" {
		t.Fatalf("golden: the tables read events of kind %q in two ways", ambiguous)
	}
	files, err := readGolden(dir)
	if err != nil {
		t.Fatalf("golden: %v", err)
	}
	g := golden{dir: dir, reader: all, ignored: ignored, files: files, update: *updateGolden}
	if faults := slices.Concat(g.checkFiles(), g.checkLayouts()); len(faults) > 0 {
		t.Fatalf("golden: events of old are not read as they were%s", list(faults))
	}
	for _, f := range g.changed {
		if err := f.write(); err != nil {
			t.Fatalf("golden: %v", err)
		}
	}
}

// golden is a directory of payloads, and what reads them.
type golden struct {
	dir     string
	reader  *core.EventReader
	ignored map[string]bool
	files   []*goldenFile
	changed []*goldenFile // to be written, if nothing is wrong
	update  bool
}

// checkFiles checks each file, and returns what is wrong.
func (g *golden) checkFiles() (faults []string) {
	for _, f := range g.files {
		if !g.reader.Knows(f.Kind) {
			if !g.ignored[f.Kind] {
				faults = append(faults, fmt.Sprintf("%s: no table reads events of kind %q: tell of it in the EventHistory of what it became", f.path, f.Kind))
			}
			continue
		}
		today, err := g.today(f.Kind, f.Recorded)
		if err != nil {
			faults = append(faults, fmt.Sprintf("%s: %v", f.path, err))
			continue
		}
		diffs := diffToday(today, f.Today)
		if len(diffs) == 0 {
			continue
		}
		if !g.update {
			faults = append(faults, fmt.Sprintf("%s: %s is something else today; if that is meant, run the test with %s", f.path, f.Kind, howToUpdate))
			faults = append(faults, indent(diffs)...)
			continue
		}
		f.Today = today
		g.changed = append(g.changed, f)
	}
	return faults
}

// howToUpdate is a flag of the test of one package: other packages have none of that name.
const howToUpdate = "-golden.update (after the package: go test ./domain -golden.update)"

// checkLayouts looks for kinds and layouts without a file.
func (g *golden) checkLayouts() (faults []string) {
	for _, kind := range g.reader.Kinds() {
		payload := g.reader.Payload(kind)
		data, err := typecheck.EncodeJSON(sample(payload))
		if err != nil {
			if !slices.ContainsFunc(g.files, func(f *goldenFile) bool { return f.Kind == kind }) {
				faults = append(faults, fmt.Sprintf("kind %q: a %v of this program cannot be a sample (%v): write %s by hand", kind, payload, err, goldenPath(g.dir, kind, 1)))
			}
			continue
		}
		layout := layoutOf(data)
		if slices.ContainsFunc(g.files, func(f *goldenFile) bool { return f.Kind == kind && layoutOf(f.Recorded) == layout }) {
			continue
		}
		if !g.update {
			faults = append(faults, fmt.Sprintf("kind %q: no file has a payload as a %v is recorded today: run the test with %s\n        %s", kind, payload, howToUpdate, layout))
			continue
		}
		today, err := g.today(kind, data)
		if err != nil {
			faults = append(faults, fmt.Sprintf("kind %q: the sample %s is not read (%v): write %s by hand", kind, data, err, goldenPath(g.dir, kind, 1)))
			continue
		}
		f := &goldenFile{path: g.freePath(kind), Kind: kind, Recorded: data, Today: today}
		g.files, g.changed = append(g.files, f), append(g.changed, f)
	}
	return faults
}

// freePath returns the path of the next file of a kind.
func (g *golden) freePath(kind string) string {
	for n := 1; ; n++ {
		path := goldenPath(g.dir, kind, n)
		if !slices.ContainsFunc(g.files, func(f *goldenFile) bool { return f.path == path }) {
			return path
		}
	}
}

// today returns what a payload is today. Fields that its type does not have, and a panic
// of a step of the history, are errors.
func (g *golden) today(kind string, payload []byte) (today []goldenEvent, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("the history of %s panics: %v", kind, reason)
		}
	}()
	decode := func(event any) error {
		if err := decodeStrictly(payload, event); err != nil {
			return fmt.Errorf("the payload is not read as a %v: %w", reflect.TypeOf(event).Elem(), err)
		}
		return nil
	}
	today = []goldenEvent{}
	err = g.reader.Read(kind, fold.Source{Decode: decode}, func(p fold.Part) error {
		e := fold.Value(p.Event)
		data, err := typecheck.EncodeJSON(e)
		today = append(today, goldenEvent{e.EventKind(), data})
		return err
	})
	return today, err
}

// indent returns lines that explain the line before.
func indent(lines []string) []string {
	indented := make([]string, len(lines))
	for i, line := range lines {
		indented[i] = "    " + strings.ReplaceAll(line, "\n", "\n    ")
	}
	return indented
}
