package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// story tells what the two processes do, each line under the word that it is
// about.
type story struct {
	writer, reader *process
	out            io.Writer
}

func (s *story) tell(ctx context.Context) error {
	for _, chapter := range []func(context.Context) error{s.early, s.own, s.body, s.filtered, s.several, s.impatient} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) say(word, format string, args ...any) {
	_, _ = fmt.Fprintf(s.out, "%-9s %s\n", word, fmt.Sprintf(format, args...))
}

// shows is what the reader would answer at this moment.
func (s *story) shows() string {
	var l List
	s.reader.list.View(func(state *List) { l = *state })
	return fmt.Sprintf("the reader shows %d open, %d done", l.Open, l.Done)
}

// early reads a model that has not heard of the write yet. Mostly it is a matter
// of a millisecond; here the reader does not even follow.
func (s *story) early(ctx context.Context) error {
	v, err := s.writer.tasks.Create(ctx, "milk", Add{Title: "Buy milk"})
	if err != nil {
		return err
	}
	s.say("write", "the task milk is added, at version %v", v)
	lag, err := s.reader.list.Lag(ctx)
	if err != nil {
		return err
	}
	s.say("too soon", "%s; it lags %d event behind", s.shows(), lag)
	s.reader.follow(ctx)
	return nil
}

// own sends the version along with the next request, as a browser does with a
// cookie that the answer to its command has set.
func (s *story) own(ctx context.Context) error {
	v, err := s.writer.tasks.Create(ctx, "bread", Add{Title: "Bake bread"})
	if err != nil {
		return err
	}
	token, err := v.MarshalText()
	if err != nil {
		return err
	}
	cookie := &http.Cookie{Name: "seen", Value: string(token)}
	s.say("write", "the task bread is added; the answer says Set-Cookie: %s", cookie)

	request := &http.Request{Header: http.Header{}}
	request.AddCookie(cookie)
	return s.answer(ctx, request)
}

// answer is the reader's handler: it waits for what the browser has seen, and
// looks then.
func (s *story) answer(ctx context.Context, request *http.Request) error {
	var seen Version
	if cookie, err := request.Cookie("seen"); err == nil { // without one there is nothing to wait for
		if err := seen.UnmarshalText([]byte(cookie.Value)); err != nil {
			return err
		}
	}
	if err := s.reader.list.Wait(ctx, seen); err != nil {
		return err
	}
	s.say("read", "the reader waits for version %v; %s", seen, s.shows())
	return nil
}

// body sends the version in JSON, beside whatever else there is to say.
func (s *story) body(ctx context.Context) error {
	type answer struct {
		Task    string  `json:"task"`
		Version Version `json:"version"`
	}
	v, err := s.writer.tasks.Update(ctx, "milk", Finish{})
	if err != nil {
		return err
	}
	sent, err := json.Marshal(answer{"milk", v})
	if err != nil {
		return err
	}
	s.say("write", "the task milk is done; the answer says %s", sent)

	var received answer
	if err := json.Unmarshal(sent, &received); err != nil {
		return err
	}
	if err := s.reader.list.Wait(ctx, received.Version); err != nil {
		return err
	}
	s.say("read", "the reader waits for version %v; %s", received.Version, s.shows())
	return nil
}

// filtered waits for an event that never comes to the reader, as its list asks
// for no comments. Wait finds out by itself, and nothing is paid while nobody
// waits.
func (s *story) filtered(ctx context.Context) error {
	v, err := s.writer.tasks.Update(ctx, "bread", Comment{Text: "With rye?"})
	if err != nil {
		return err
	}
	s.say("filtered", "a comment at version %v, which the list leaves out", v)
	start := time.Now()
	if err := s.reader.list.Wait(ctx, v); err != nil {
		return err
	}
	s.say("", "the reader waits for version %v all the same: %v", v, time.Since(start).Round(100*time.Microsecond))
	return nil
}

// several waits for all that one has written, with one call.
func (s *story) several(ctx context.Context) error {
	var tokens []Version
	for _, id := range []string{"eggs", "salt", "soap"} {
		v, err := s.writer.tasks.Create(ctx, id, Add{Title: "Buy " + id})
		if err != nil {
			return err
		}
		tokens = append(tokens, v)
	}
	s.say("several", "three tasks are added, at versions %v", tokens)
	if err := s.reader.list.Wait(ctx, tokens...); err != nil {
		return err
	}
	lag, err := s.reader.list.Lag(ctx)
	if err != nil {
		return err
	}
	s.say("read", "the reader waits for them; %s; it lags %d events behind", s.shows(), lag)
	return nil
}

// impatient bounds the wait: a token may come from a store that this one is not,
// and a page that is late is better than none.
func (s *story) impatient(ctx context.Context) error {
	var unknown Version
	if err := unknown.UnmarshalText([]byte("1000")); err != nil {
		return err
	}
	hurry, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if err := s.reader.list.Wait(hurry, unknown); !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("waited for a version that is not there: %w", err)
	}
	s.say("bounded", "nobody has written version %v: the reader gives up, and answers with what it has", unknown)

	var broken Version
	err := broken.UnmarshalText([]byte("yesterday"))
	if err == nil {
		return errors.New("a token that is none was taken")
	}
	s.say("refuse", "%v", err)
	return nil
}
