package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// contest is one case: the library's way and the raw client's way to do the
// same, which take turns on the same server.
type contest struct {
	name string
	raw  string // what the raw way is
	unit unit
	// ours and theirs do it for about a round, and return how many times they did
	// and how long one took.
	ours, theirs side
}

type side func(ctx context.Context, round time.Duration) (sample, error)

// unit says what of a sample is compared.
type unit int

const (
	rate    unit = iota // how many a second: more is better
	latency             // how long one takes: less is better
)

// sample is what one round came to.
type sample struct {
	rate float64       // a second
	each time.Duration // the median
}

// row is the result of a contest.
type row struct {
	contest
	ours, theirs float64 // medians: a second, or seconds
	ratios       []float64
}

// run lets the sides take turns. The first round warms up, and does not count; ours
// is a long one, for a store has to find out what is faster.
func (c contest) run(ctx context.Context, rounds int, round time.Duration) (row, error) {
	r := row{contest: c}
	var ours, theirs []float64
	for i := range rounds + 1 {
		own := round
		if i == 0 && c.unit == rate {
			own *= 4
		}
		a, err := c.ours(ctx, own)
		if err != nil {
			return r, fmt.Errorf("%s: %w", c.name, err)
		}
		b, err := c.theirs(ctx, round)
		if err != nil {
			return r, fmt.Errorf("%s, %s: %w", c.name, c.raw, err)
		}
		if i == 0 {
			continue
		}
		x, y := c.value(a), c.value(b)
		ours, theirs, r.ratios = append(ours, x), append(theirs, y), append(r.ratios, x/y)
	}
	r.ours, r.theirs = median(ours), median(theirs)
	return r, nil
}

func (c contest) value(s sample) float64 {
	if c.unit == rate {
		return s.rate
	}
	return s.each.Seconds()
}

func median[T float64 | time.Duration](values []T) T {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

func (r row) format(v float64) string {
	if r.unit == rate {
		return fmt.Sprintf("%.0f/s", v)
	}
	return time.Duration(v * float64(time.Second)).Round(time.Microsecond).String()
}

// String is a line of the table, its cells apart by tabs.
func (r row) String() string {
	better := "more is better"
	if r.unit == latency {
		better = "less is better"
	}
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%.3g\t%.3g–%.3g\t%s", r.name, r.format(r.ours), r.raw, r.format(r.theirs),
		median(r.ratios), slices.Min(r.ratios), slices.Max(r.ratios), better)
}

// table prints rows as they come, and once more as a whole in the end.
type table struct {
	w    io.Writer
	rows []row
}

func (t *table) add(r row) error {
	t.rows = append(t.rows, r)
	_, err := fmt.Fprintf(t.w, "%-70s %8.3g\n", r.name, median(r.ratios))
	return err
}

func (t *table) print() error {
	var b strings.Builder
	b.WriteString("\ncase\tours\tagainst\t\tratio\tspread\t\n")
	for _, r := range t.rows {
		b.WriteString(r.String() + "\n")
	}
	w := tabwriter.NewWriter(t.w, 0, 0, 2, ' ', 0)
	_, err := w.Write([]byte(b.String()))
	return errors.Join(err, w.Flush())
}
