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

// result is the figures of a row, of each side and round.
type result struct {
	row
	figures [sides][]float64
}

// run lets the sides take turns. The first round warms up and is not counted; where
// rates are measured it is four times as long, because our store measures which way
// to send commits is faster.
func (r row) run(ctx context.Context, rounds int, turn time.Duration) (result, error) {
	res := result{row: r}
	workloads, end, err := r.setup(ctx)
	if err != nil {
		return res, fmt.Errorf("setup: %w", err)
	}
	for round := range 1 + rounds {
		length := turn
		if round == 0 && r.unit == rate {
			length *= 4
		}
		for i, work := range workloads {
			figure, workErr := work(ctx, length)
			if workErr != nil && err == nil {
				err = fmt.Errorf("%s: %w", sideNames[i], workErr)
			}
			if round > 0 {
				res.figures[i] = append(res.figures[i], figure)
			}
		}
		if err != nil {
			break
		}
	}
	if end != nil {
		if endErr := end(); err == nil {
			err = endErr
		}
	}
	return res, err
}

// ratios returns ours ÷ that of a peer, by round.
func (r result) ratios(peer int) []float64 {
	ratios := make([]float64, len(r.figures[peer]))
	for i, figure := range r.figures[peer] {
		ratios[i] = r.figures[0][i] / figure
	}
	return ratios
}

// format writes a figure with its unit.
func (u unit) format(figure float64) string {
	if u == rate {
		return fmt.Sprintf("%.0f/s", figure)
	}
	return time.Duration(figure * float64(time.Second)).Round(time.Microsecond).String()
}

// headers say which direction is better.
var headers = [...]string{
	duration: "Durations: less is better. A ratio below 1 means that ours is faster.",
	rate:     "Rates: more is better. A ratio above 1 means that ours is faster.",
}

// String returns a line of the table, its cells separated by tabs: medians, and in
// brackets the lowest and the highest ratio of a round.
func (r result) String() string {
	var b strings.Builder
	b.WriteString(r.name)
	for _, figures := range r.figures {
		b.WriteString("\t" + r.unit.format(median(figures)))
	}
	for peer := 1; peer < sides; peer++ {
		ratios := r.ratios(peer)
		fmt.Fprintf(&b, "\t%.3g (%.3g–%.3g)", median(ratios), slices.Min(ratios), slices.Max(ratios))
	}
	return b.String()
}

// printTable prints the results of each unit.
func printTable(out io.Writer, results []result) error {
	var b strings.Builder
	for u, header := range headers {
		var lines []string
		for _, r := range results {
			if r.unit == unit(u) {
				lines = append(lines, r.String())
			}
		}
		if len(lines) > 0 {
			fmt.Fprintf(&b, "\n%s\n\nrow\tours\tPostgreSQL\tSQLite\tours ÷ PostgreSQL\tours ÷ SQLite\n%s\n", header, strings.Join(lines, "\n"))
		}
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, err := w.Write([]byte(b.String()))
	return errors.Join(err, w.Flush())
}
