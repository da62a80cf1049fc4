// Courses have seats, and students have room for a few courses: a student who enrols must
// have room and find a seat, and both are decided and recorded at once, by a transaction
// over two aggregates. No two students have one e-mail address. A rush of students shows
// that no limit is ever exceeded.
//
//	go run ./examples/courses
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/examples/internal/local"
	"github.com/jetsource/jetsource/jetstream"
)

func main() { local.Main("courses", run) }

func run(ctx context.Context, out io.Writer) error {
	return local.Run(ctx, func(_ *nats.Conn, store *jetstream.Store[string, core.NoMetadata]) error {
		return newSchool(store).tell(ctx, out)
	})
}

const (
	seats = 10
	rush  = 40 // students
)

// tell opens the school and lets everybody in at once.
func (s *school) tell(ctx context.Context, out io.Writer) error {
	for _, id := range []string{"go", "nats", "sql"} {
		if _, err := s.courses.Create(ctx, id, Offer{Seats: seats}); err != nil {
			return err
		}
	}
	for i := range rush {
		if _, err := s.students.Create(ctx, fmt.Sprint("student-", i), Register{fmt.Sprintf("s%d@example.com", i)}); err != nil {
			return err
		}
	}
	_, err := s.students.Create(ctx, "twin", Register{"s1@example.com"})
	_, _ = fmt.Fprintf(out, "register  %v\n", err)
	owner, _, err := core.Owner(ctx, s.store, "student.email", "s1@example.com")
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "lookup    s1@example.com is %v\n", owner)

	enrolled, err := s.rush(ctx)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "rush      %d of %d got a seat\n", enrolled, 3*rush)
	for _, id := range []string{"go", "nats", "sql"} {
		c, _, err := s.courses.Load(ctx, id)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(out, "course    %s: %d of %d seats taken\n", id, c.Taken, c.Seats)
	}
	return s.again(ctx, out)
}

// rush has every student enrol in every course, all at once, and counts who got a seat.
func (s *school) rush(ctx context.Context) (int64, error) {
	var enrolled atomic.Int64
	var all sync.WaitGroup
	failed := make(chan error, 3*rush)
	for i := range rush {
		for _, id := range []string{"go", "nats", "sql"} {
			all.Go(func() {
				err := s.enrol(ctx, fmt.Sprint("student-", i), id)
				switch {
				case err == nil:
					enrolled.Add(1)
				case !errors.Is(err, ErrFull) && !errors.Is(err, ErrBusy):
					failed <- err
				}
			})
		}
	}
	all.Wait()
	close(failed)
	return enrolled.Load(), <-failed
}

// again sends one request twice, as a client does that has not heard the answer.
func (s *school) again(ctx context.Context, out io.Writer) error {
	if _, err := s.courses.Create(ctx, "late", Offer{Seats: 1}); err != nil {
		return err
	}
	if _, err := s.students.Create(ctx, "late", Register{"late@example.com"}); err != nil {
		return err
	}
	request := core.WithCommandID(ctx, "request-7")
	for range 2 {
		if err := s.enrol(request, "late", "late"); err != nil {
			return err
		}
	}
	_, _ = fmt.Fprintln(out, "again     a request that was sent twice took one seat")
	return nil
}
