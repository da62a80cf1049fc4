package history

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// line is one line of a file. One of its fields is set.
type line struct {
	Run        *Run        `json:"run,omitempty"`
	Op         *Op         `json:"op,omitempty"`
	Load       *Load       `json:"load,omitempty"`
	Fault      *Fault      `json:"fault,omitempty"`
	Entry      *Entry      `json:"entry,omitempty"`
	Replica    *Replica    `json:"replica,omitempty"`
	Subscriber *Subscriber `json:"subscriber,omitempty"`
	Reaction   *Reaction   `json:"reaction,omitempty"`
	Worker     *Worker     `json:"worker,omitempty"`
	Second     *Second     `json:"second,omitempty"`

	Transactions *Transactions `json:"transactions,omitempty"`
}

// Save writes the history to a file, in lines of JSON.
func (h *History) Save(name string) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := h.write(json.NewEncoder(w)); err != nil {
		return fmt.Errorf("save %s: %w", name, err)
	}
	return w.Flush()
}

func (h *History) write(enc *json.Encoder) error {
	errs := []error{enc.Encode(line{Run: &h.Run})}
	errs = append(errs, each(enc, h.Ops, func(l *line, v *Op) { l.Op = v }))
	errs = append(errs, each(enc, h.Loads, func(l *line, v *Load) { l.Load = v }))
	errs = append(errs, each(enc, h.Faults, func(l *line, v *Fault) { l.Fault = v }))
	errs = append(errs, each(enc, h.Log, func(l *line, v *Entry) { l.Entry = v }))
	errs = append(errs, each(enc, h.Replicas, func(l *line, v *Replica) { l.Replica = v }))
	errs = append(errs, each(enc, h.Subscribers, func(l *line, v *Subscriber) { l.Subscriber = v }))
	errs = append(errs, each(enc, h.Reactions, func(l *line, v *Reaction) { l.Reaction = v }))
	errs = append(errs, each(enc, h.Workers, func(l *line, v *Worker) { l.Worker = v }))
	if h.Second != nil {
		errs = append(errs, enc.Encode(line{Second: h.Second}))
	}
	if h.Transactions != nil {
		errs = append(errs, enc.Encode(line{Transactions: h.Transactions}))
	}
	return errors.Join(errs...)
}

func each[T any](enc *json.Encoder, all []T, set func(*line, *T)) error {
	for i := range all {
		var l line
		set(&l, &all[i])
		if err := enc.Encode(l); err != nil {
			return err
		}
	}
	return nil
}

// Read reads a history that [History.Save] wrote.
func Read(name string) (*History, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	h := &History{}
	dec := json.NewDecoder(bufio.NewReaderSize(f, 1<<20))
	for {
		var l line
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			return h, nil
		} else if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		h.add(l)
	}
}

func (h *History) add(l line) {
	switch {
	case l.Run != nil:
		h.Run = *l.Run
	case l.Op != nil:
		h.Ops = append(h.Ops, *l.Op)
	case l.Load != nil:
		h.Loads = append(h.Loads, *l.Load)
	case l.Fault != nil:
		h.Faults = append(h.Faults, *l.Fault)
	case l.Entry != nil:
		h.Log = append(h.Log, *l.Entry)
	case l.Replica != nil:
		h.Replicas = append(h.Replicas, *l.Replica)
	case l.Subscriber != nil:
		h.Subscribers = append(h.Subscribers, *l.Subscriber)
	case l.Reaction != nil:
		h.Reactions = append(h.Reactions, *l.Reaction)
	case l.Worker != nil:
		h.Workers = append(h.Workers, *l.Worker)
	case l.Second != nil:
		h.Second = l.Second
	case l.Transactions != nil:
		h.Transactions = l.Transactions
	}
}
