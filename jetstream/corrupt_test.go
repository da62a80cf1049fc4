package jetstream_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// frame is a message on its way to a client.
type frame struct {
	subject, sid, reply string
	header, payload     []byte
}

// parseFrame takes apart what the server sent; nil for what is no message.
func parseFrame(raw []byte) *frame {
	line, body, _ := bytes.Cut(raw, []byte("\r\n"))
	fields := strings.Fields(string(line))
	if fields[0] != "MSG" && fields[0] != "HMSG" {
		return nil
	}
	sizes := 1
	if fields[0] == "HMSG" {
		sizes = 2
	}
	f := &frame{subject: fields[1], sid: fields[2]}
	if len(fields) == 4+sizes {
		f.reply = fields[3]
	}
	body = body[:len(body)-len("\r\n")]
	if sizes == 2 {
		n, _ := strconv.Atoi(fields[len(fields)-2])
		f.header, body = body[:n], body[n:]
	}
	f.payload = body
	return f
}

// bytes is the message as the server would send it.
func (f *frame) bytes() []byte {
	head := "MSG " + f.subject + " " + f.sid
	if f.reply != "" {
		head += " " + f.reply
	}
	if f.header == nil {
		return fmt.Appendf(nil, "%s %d\r\n%s\r\n", head, len(f.payload), f.payload)
	}
	return fmt.Appendf(nil, "H%s %d %d\r\n%s%s\r\n", head, len(f.header), len(f.header)+len(f.payload), f.header, f.payload)
}

// with is a copy of the message in which a pattern is replaced, in its header,
// payload, subject and reply subject.
func (f *frame) with(pattern *regexp.Regexp, by string) *frame {
	g := *f
	replace := func(b []byte) []byte {
		if b == nil {
			return nil
		}
		return pattern.ReplaceAll(b, []byte(by))
	}
	g.header, g.payload = replace(f.header), replace(f.payload)
	g.reply = pattern.ReplaceAllString(f.reply, by)
	if !strings.HasPrefix(f.subject, "_INBOX.") {
		g.subject = pattern.ReplaceAllString(f.subject, by)
	}
	return &g
}

func (f *frame) equal(g *frame) bool { return bytes.Equal(f.bytes(), g.bytes()) }

// corruption is what a server, or a program between it and the client, makes of one
// answer.
type corruption func(f *frame) []*frame

func replace(pattern, by string) corruption {
	re := regexp.MustCompile(pattern)
	return func(f *frame) []*frame { return []*frame{f.with(re, by)} }
}

func status(code int, description string) corruption {
	return func(f *frame) []*frame {
		g := *f
		g.header, g.payload, g.reply = fmt.Appendf(nil, "NATS/1.0 %d %s\r\n\r\n", code, description), nil, ""
		return []*frame{&g}
	}
}

var corrupts = map[string]corruption{
	"lost":                func(*frame) []*frame { return nil },
	"twice":               func(f *frame) []*frame { return []*frame{f, f} },
	"an end is lost":      func(f *frame) []*frame { return unless(f, bytes.HasPrefix(f.header, []byte("NATS/1.0 204"))) },
	"all but the end":     func(f *frame) []*frame { return unless(f, !bytes.HasPrefix(f.header, []byte("NATS/1.0 204"))) },
	"empty":               inPayload(func(f *frame) *frame { return &frame{subject: f.subject, sid: f.sid} }),
	"cut short":           inPayload(func(f *frame) *frame { g := *f; g.payload = f.payload[:len(f.payload)/2]; return &g }),
	"zeros":               inPayload(func(f *frame) *frame { g := *f; g.payload = make([]byte, len(f.payload)); return &g }),
	"not found":           status(404, "Message Not Found"),
	"bad request":         status(408, "Bad Request"),
	"too many":            status(413, "Too Many Results"),
	"conflict":            status(409, "Consumer Deleted"),
	"no responder":        status(503, ""),
	"broken":              status(500, "disk"),
	"a status unheard of": status(299, "what"),
	"another stream":      replace(`(Nats-Stream: |"stream": ?"|"stream_name": ?"|\$JS\.ACK\.)S[0-9]+`, "${1}OTHER"),
	"another aggregate":   replace(`(Nats-Subject: |"subject": ?")(s[0-9]+\.[^.]+\.account)\.a\b`, "${1}${2}.b"),
	"another kind":        replace(`(Nats-Subject: )(s[0-9]+)\.noted\.`, "${1}${2}.opened."),
	"a broken subject":    replace(`(Nats-Subject: |"subject": ?"|^)s[0-9]+\.[^."\r]+\.`, "${1}x..*.>."),
	"no subject":          replace(`(Nats-Subject: )[^\r]*`, "${1}"),
	"sequence zero":       replace(`(Nats-Sequence: |"seq": ?)[0-9]+`, "${1}0"),
	"sequence one":        replace(`(Nats-Sequence: )[0-9]+`, "${1}1"),
	"sequence plus":       replace(`(Nats-Sequence: )([0-9]+)`, "${1}${2}7"),
	"sequence huge":       replace(`(Nats-Sequence: )[0-9]+`, "${1}18446744073709551615"),
	"sequence larger":     replace(`(Nats-Sequence: |"seq": ?)[0-9]+`, "${1}99999999999999999999"),
	"sequence negative":   replace(`(Nats-Sequence: |"seq": ?)[0-9]+`, "${1}-1"),
	"sequence of letters": replace(`(Nats-Sequence: |"seq": ?)[0-9]+`, "${1}seven"),
	"another end":         replace(`("seq": ?)[0-9]+`, "${1}1"),
	"last zero":           replace(`(Nats-Last-Sequence: )[0-9]+`, "${1}0"),
	"pending huge":        replace(`(Nats-Num-Pending: )[0-9]+`, "${1}999999999"),
	"pending negative":    replace(`(Nats-Num-Pending: )[0-9]+`, "${1}-1"),
	"up to nothing":       replace(`(Nats-UpTo-Sequence: )[0-9]+`, "${1}0"),
	"up to one":           replace(`(Nats-UpTo-Sequence: )[0-9]+`, "${1}1"),
	"up to nowhere":       replace(`Nats-UpTo-Sequence: [0-9]+\r\n`, ""),
	"no time":             replace(`(Nats-Time-Stamp: |"time": ?")[^"\r]*`, "${1}"),
	"no commit":           replace(`Es-Commit: [^\r]*\r\n`, ""),
	"a broken commit":     replace(`(Es-Commit: )[^\r]*`, "${1}A 0 7/3 0"),
	"a wrong version":     replace(`(Es-Commit: [^\r]* )[0-9]+\r`, "${1}4711\r"),
	"deliveries of one":   replace(`(\$JS\.ACK\.[^.]+\.[^.]+\.1\.[0-9]+)\.[0-9]+\.`, "${1}.1."),
	"deliveries of text":  replace(`(\$JS\.ACK\.[^.]+\.[^.]+\.1)\.`, "${1}.x"),
	"count of one":        replace(`("count": ?)[0-9]+`, "${1}1"),
	"another batch":       replace(`("batch": ?")[^"]+`, "${1}theirs"),
	"a duplicate":         replace(`("seq": ?[0-9]+)`, `${1},"duplicate":true`),
}

// Only the server knows where the log ends, that no server took a commit, and at
// which position a message is that a consumer delivers.
var undetectable = []string{"another end", "no responder"}

// A corruption that is the same in every answer contradicts no other answer.
var onceOnly = []string{"sequence one", "sequence plus", "sequence huge"}

// inPayload changes messages that have a payload alone. The data of events stays.
func inPayload(change func(f *frame) *frame) corruption {
	return func(f *frame) []*frame {
		if f.header == nil {
			f = change(f)
		}
		return []*frame{f}
	}
}

func unless(f *frame, drop bool) []*frame {
	if drop {
		return nil
	}
	return []*frame{f}
}

// corrupter is a proxy with one store behind it, on which answers are changed.
type corrupter struct {
	*proxy
	corrupted atomic.Int64 // answers
}

// corrupts changes some of the answers: each for which often returns true.
func (l *corrupter) corrupts(corruption corruption, often func() bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.change = func(raw []byte) []byte {
		f := parseFrame(raw)
		if f == nil || !often() {
			return raw
		}
		var out []byte
		said := corruption(f)
		if len(said) != 1 || !said[0].equal(f) {
			l.corrupted.Add(1)
		}
		for _, g := range said {
			out = append(out, g.bytes()...)
		}
		return out
	}
}

// swaps makes each second answer come before the first.
func (l *corrupter) swaps() {
	var kept []byte
	l.mu.Lock()
	defer l.mu.Unlock()
	l.change = func(raw []byte) []byte {
		if f := parseFrame(raw); f == nil {
			return raw
		}
		if kept == nil {
			kept = append([]byte{}, raw...)
			return nil
		}
		l.corrupted.Add(1)
		out := append(append([]byte{}, raw...), kept...)
		kept = nil
		return out
	}
}

// question is something that is read, as text, one line for each thing that was
// yielded.
type question func(ctx context.Context, s *plainStore) ([]string, error)

func loading(filters ...core.Filter[string, uint64]) question {
	return func(ctx context.Context, s *plainStore) (got []string, err error) {
		for e, err := range s.LoadEvents(ctx, filters...) {
			if err != nil {
				return got, err
			}
			got = append(got, fmt.Sprintf("%v %s %d %v %s", e.Key, e.Kind, e.Position, e.Commit, e.Data))
		}
		return got, nil
	}
}

func following(n int, filters ...core.Filter[string, uint64]) question {
	return func(ctx context.Context, s *plainStore) (got []string, err error) {
		for e, err := range s.Subscribe(ctx, filters...) {
			if err != nil {
				return got, err
			}
			got = append(got, fmt.Sprintf("%v %s %d %v %s", e.Key, e.Kind, e.Position, e.Commit, e.Data))
			if len(got) == n {
				return got, nil
			}
		}
		return got, ctx.Err()
	}
}

func version(ask func(ctx context.Context, s *plainStore) (core.Version[uint64], error)) question {
	return func(ctx context.Context, s *plainStore) ([]string, error) {
		v, err := ask(ctx, s)
		if err != nil {
			return nil, err
		}
		return []string{v.String()}, nil
	}
}

func questions() map[string]question {
	key := account("a")
	late := of(key)
	late.From = core.At(uint64(6))
	return map[string]question{
		"an aggregate":     loading(of(key)),
		"from a position":  loading(late),
		"a kind of it":     loading(core.Filter[string, uint64]{Aggregate: &key, EventKind: "noted"}),
		"two aggregates":   loading(of(key), of(account("b"))),
		"a kind":           loading(core.Filter[string, uint64]{EventKind: "noted"}),
		"everything":       loading(core.Filter[string, uint64]{}),
		"following":        following(19, core.Filter[string, uint64]{}),
		"following a kind": following(12, core.Filter[string, uint64]{EventKind: "noted"}),
		"following one":    following(12, of(key)),
		"the version": version(func(ctx context.Context, s *plainStore) (core.Version[uint64], error) {
			return s.Version(ctx, key)
		}),
		"the end": version(func(ctx context.Context, s *plainStore) (core.Version[uint64], error) { return s.LatestVersion(ctx) }),
		"what comes after two": version(func(ctx context.Context, s *plainStore) (core.Version[uint64], error) {
			return s.NextVersion(ctx, core.At(uint64(2)), of(key))
		}),
	}
}

// openCorruptible is a store on a proxy that changes nothing until it is set to.
func openCorruptible(t *testing.T, cfg jetstream.Config) (*plainStore, *corrupter) {
	t.Helper()
	l := &corrupter{proxy: newProxy(1)}
	return openOn(t, l.proxy, cfg), l
}

// With any corruption of the answers, a read yields what was written, from the
// beginning; and an error if that is not all of it.
func TestCorruptAnswersNeverYieldWrongEvents(t *testing.T) {
	t.Parallel()
	rng := randomly(t)
	cfg := impatient(1)
	cfg.Memory, cfg.AckWait = true, 50*time.Millisecond
	honest := openWith[string, core.NoMetadata](t, cfg)
	for n := range 8 {
		_, err := core.CommitEvents(t.Context(), honest, account("aab"[n%3:n%3+1]), notes(fmt.Sprint("commit ", n), 1+n%3+n%2), core.NoMetadata{})
		require.NoError(t, err)
	}
	asked := questions()
	truth := make(map[string][]string)
	for name, ask := range asked {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		var err error
		truth[name], err = ask(ctx, honest)
		cancel()
		require.NoError(t, err, name)
	}
	modes := map[string]func() func() bool{
		"always": func() func() bool { return func() bool { return true } },
		"often": func() func() bool {
			own := rand.New(rand.NewPCG(rng.Uint64(), 0))
			return func() bool { return own.IntN(3) == 0 }
		},
	}
	var all sync.WaitGroup
	places := make(chan struct{}, 48)
	var answered, failed, lied atomic.Int64
	try := func(what string, s *plainStore, believed bool) {
		for name, ask := range asked {
			all.Go(func() {
				places <- struct{}{}
				defer func() { <-places }()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				got, err := ask(ctx, s)
				if err != nil {
					failed.Add(1)
				} else {
					answered.Add(1)
				}
				want := truth[name]
				same := len(got) <= len(want) && slices.Equal(got, want[:len(got)])
				if believed && (same || len(want) == 1) || same && (err != nil || len(got) == len(want)) {
					return
				}
				t.Errorf("%s, %s: %v\n got %q\nwant %q", what, name, err, got, want)
			})
		}
	}
	var liars []*corrupter
	for name, corruption := range corrupts {
		for mode, often := range modes {
			if mode == "always" && slices.Contains(onceOnly, name) {
				continue
			}
			s, l := openCorruptible(t, cfg)
			l.corrupts(corruption, often())
			liars = append(liars, l)
			try(name+" "+mode, s, slices.Contains(undetectable, name))
		}
	}
	s, l := openCorruptible(t, cfg)
	l.swaps()
	liars = append(liars, l)
	try("swapped", s, false)
	all.Wait()
	for _, l := range liars {
		lied.Add(l.corrupted.Load())
		l.corrupts(nil, func() bool { return false })
	}
	t.Logf("%d questions answered, %d not, %d lies", answered.Load(), failed.Load(), lied.Load())
	require.Greater(t, answered.Load(), int64(20))
	require.Greater(t, failed.Load(), int64(20))
}

// With any corruption of the answers to a commit, a commit that is reported as
// written is at the position that was reported, and one that is reported as refused
// is not there.
func TestCorruptAnswersNeverMisreportACommit(t *testing.T) {
	t.Parallel()
	rng := randomly(t)
	cfg := impatient(1)
	cfg.Memory, cfg.AckWait = true, 50*time.Millisecond
	book := &recorder{}
	var all sync.WaitGroup
	var unknown []*jetstream.UnknownOutcomeError
	var mu sync.Mutex
	for name, corruption := range corrupts {
		if slices.Contains(undetectable, name) {
			continue
		}
		own := rand.New(rand.NewPCG(rng.Uint64(), 0))
		s, l := openCorruptible(t, cfg)
		l.corrupts(corruption, func() bool { return own.IntN(2) == 0 })
		all.Go(func() {
			keys := []core.Key[string]{account(name), account(name + " too")}
			for n := range 6 {
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				var err error
				what := fmt.Sprint(name, " ", n)
				if n%3 == 2 {
					_, err = book.all(ctx, s, what, keys, nil, []int{1 + n%2, 2})
				} else {
					_, err = book.one(ctx, s, what, keys[0], nil, 1+n%3)
				}
				cancel()
				if of, ok := errors.AsType[*jetstream.UnknownOutcomeError](err); ok {
					mu.Lock()
					unknown = append(unknown, of)
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	cfg.AckWait = 0 // there is no hurry any more
	honest := openWith[string, core.NoMetadata](t, cfg)
	log := readLog(t, connect(t, 1), cfg)
	t.Log(book.check(t, log))
	there := make(map[string]uint64)
	for _, e := range log {
		there[e.Commit.ID] = e.Position
	}
	// A store with correct answers resolves what was unknown.
	for _, of := range unknown {
		positions, err := honest.Resolve(t.Context(), of)
		if last, ok := there[of.CommitID]; ok {
			require.NoError(t, err)
			require.Equal(t, last, positions[len(positions)-1])
			continue
		}
		require.Error(t, err)
	}
}
