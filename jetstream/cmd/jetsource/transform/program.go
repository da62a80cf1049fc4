package transform

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// Program changes events: a process that reads a line of JSON with an [Event], and answers
// with a line: the event as it is in the new log, a list of events, or null to leave it out.
type Program struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// Start starts a program by the shell. What it writes to its standard error is shown.
func Start(ctx context.Context, command string) (*Program, error) {
	p := &Program{cmd: exec.CommandContext(ctx, "sh", "-c", command)}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReaderSize(out, 1<<20)
	return p, p.cmd.Start()
}

// Change asks the program about one event.
func (p *Program) Change(e Event) ([]Event, error) {
	text, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	if _, err := p.in.Write(append(text, '\n')); err != nil {
		return nil, fmt.Errorf("the program takes no more events: %w", err)
	}
	answer, err := p.out.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("the program gave no answer: %w", err)
	}
	var many []Event
	if json.Unmarshal(answer, &many) == nil {
		return many, check(many)
	}
	var one Event
	if err := json.Unmarshal(answer, &one); err != nil {
		return nil, fmt.Errorf("the program answered %.200q: %w", answer, err)
	}
	return []Event{one}, check([]Event{one})
}

func check(all []Event) error {
	for _, e := range all {
		if e.Kind == "" || e.Aggregate == "" || !json.Valid(e.Data) {
			return errors.New("the program answered with an event that lacks its kind, its aggregate or its data")
		}
	}
	return nil
}

// Close ends the program.
func (p *Program) Close() error { return errors.Join(p.in.Close(), p.cmd.Wait()) }
