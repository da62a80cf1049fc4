package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progress counts what is recorded, and shows it now and then: on one line that
// is written over if it is on a terminal, else on a line each time.
type progress struct {
	out      report
	every    time.Duration
	terminal bool

	total, commits, events int
	began, shown           time.Time
	took                   time.Duration
	open                   bool // the line on the terminal has no end yet
}

func newProgress(w io.Writer, every time.Duration) *progress {
	p := &progress{out: report{w}, every: every}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// begin starts the clock. There are total git commits to record.
func (p *progress) begin(total int) {
	p.total, p.began, p.shown = total, time.Now(), time.Now()
}

// recorded counts events.
func (p *progress) recorded(events int) {
	p.events += events
	p.took = time.Since(p.began)
	if time.Since(p.shown) >= p.every {
		p.show()
	}
}

// commit counts a git commit that is recorded whole.
func (p *progress) commit() { p.commits++ }

// end ends the line on the terminal, so that something else may be written.
func (p *progress) end() {
	if p.open {
		p.show()
		p.out.printf("\n")
		p.open = false
	}
}

func (p *progress) show() {
	p.shown = time.Now()
	line := fmt.Sprintf("%d of %d commits, %d events, %.0f events/s", p.commits, p.total, p.events, p.rate())
	if p.terminal {
		p.out.printf("\r\x1b[K%s", line)
		p.open = true
		return
	}
	p.out.printf("%s\n", line)
}

func (p *progress) rate() float64 {
	if p.took <= 0 {
		return 0
	}
	return float64(p.events) / p.took.Seconds()
}

// String sums up the run.
func (p *progress) String() string {
	return fmt.Sprintf("%d commits, %d events in %.1f s, %.0f events/s", p.commits, p.events, p.took.Seconds(), p.rate())
}
