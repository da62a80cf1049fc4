package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/jetsource/jetsource/core"
)

type story struct {
	counters *core.Repository[Counter, string, uint64, core.NoMetadata]
	out      io.Writer
}

func (s *story) say(word, format string, args ...any) {
	_, _ = fmt.Fprintf(s.out, "%-8s %s\n", word, fmt.Sprintf(format, args...))
}

// meet has one writer be faster than another.
func (s *story) meet(ctx context.Context) error {
	v, err := s.counters.Create(ctx, "door", Increment{})
	if err != nil {
		return err
	}
	s.say("create", "a counter, at version %v", v)

	faster := func() error {
		v, err := s.counters.Update(ctx, "door", Increment{})
		s.say("first", "commits, now at version %v", v)
		return err
	}
	s.say("meet", "two writers load version %v", v)
	_, err = s.counters.Update(ctx, "door", Increment{Meanwhile: faster})
	conflict, ok := errors.AsType[*core.ConflictError[uint64]](err)
	if !ok {
		return fmt.Errorf("the second writer was not refused: %w", err)
	}
	s.say("second", "is refused: %v", err)
	s.say("", "it expected version %v, the counter is at %v", conflict.Expected, conflict.Actual)

	var attempts atomic.Int64
	faster = sync.OnceValue(faster)
	s.say("meet", "two writers load version %v, the second with retries", conflict.Actual)
	v, err = s.counters.WithRetries(3).Update(ctx, "door", Increment{Attempts: &attempts, Meanwhile: faster})
	if err != nil {
		return err
	}
	s.say("second", "commits, now at version %v, after %d attempts", v, attempts.Load())
	c, _, err := s.counters.Load(ctx, "door")
	if err != nil {
		return err
	}
	s.say("sum", "%d: four increments, none lost", c.Value)
	return nil
}

// crowd has many writers at one counter, each with retries.
func (s *story) crowd(ctx context.Context) error {
	const writers, each = 8, 10
	var attempts atomic.Int64
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for range each {
				if _, err := s.counters.WithRetries(1000).Upsert(ctx, "gate", Increment{Attempts: &attempts}); err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	c, _, err := s.counters.Load(ctx, "gate")
	if err != nil {
		return err
	}
	s.say("crowd", "%d writers increment a counter %d times each, at once", writers, each)
	s.say("sum", "%d, after %d attempts, %.1f for each increment", c.Value, attempts.Load(), float64(attempts.Load())/(writers*each))
	return nil
}
