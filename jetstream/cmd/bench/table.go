package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// row is the result of a comparison: the figures of each round, in operations a
// second or in seconds.
type row struct {
	comparison
	library, baseline []float64
	ratios            []float64 // library ÷ baseline, by round
}

func (r *row) add(library, baseline float64) {
	r.library = append(r.library, library)
	r.baseline = append(r.baseline, baseline)
	r.ratios = append(r.ratios, library/baseline)
}

// String returns a line of the table, its cells separated by tabs.
func (r row) String() string {
	better := "more is better"
	if r.unit == latency {
		better = "less is better"
	}
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%.3g\t%.3g–%.3g\t%s", r.name, r.unit.format(median(r.library)), r.against,
		r.unit.format(median(r.baseline)), median(r.ratios), slices.Min(r.ratios), slices.Max(r.ratios), better)
}

// format writes a figure with its unit.
func (u unit) format(figure float64) string {
	if u == perSecond {
		return fmt.Sprintf("%.0f/s", figure)
	}
	return time.Duration(figure * float64(time.Second)).Round(time.Microsecond).String()
}

func median[T float64 | time.Duration](values []T) T {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

// table prints the ratio of each row when it is added, and all rows at the end.
type table struct {
	out  io.Writer
	rows []row
}

func (t *table) add(r row) error {
	t.rows = append(t.rows, r)
	_, err := fmt.Fprintf(t.out, "%-70s %8.3g\n", r.name, median(r.ratios))
	return err
}

func (t *table) print() error {
	var b strings.Builder
	b.WriteString("\ncomparison\tlibrary\tbaseline\t\tratio\tspread\t\n")
	for _, r := range t.rows {
		b.WriteString(r.String() + "\n")
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	_, err := w.Write([]byte(b.String()))
	return errors.Join(err, w.Flush())
}
