package wire

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// Only an ack of the stream in its own domain counts. An ack of another is an error that names it.
func TestAcksCountFromTheOwnDomainOnly(t *testing.T) {
	const single, batch = `,"seq":7}`, `,"seq":7,"batch":"B","count":3}`
	for _, tt := range []struct {
		own, from string
		other     *OtherAckError // nil for an ack that counts
	}{
		{"", `{"stream":"EVENTS"`, nil},
		{"hub", `{"stream":"EVENTS","domain":"hub"`, nil},
		{"hub", `{"domain":"hub","stream":"EVENTS"`, nil},
		{"hub", `{"stream":"EVENTS","domain":"edge"`, &OtherAckError{Domain: "edge", Stream: "EVENTS"}},
		{"hub", `{"stream":"EVENTS"`, &OtherAckError{Stream: "EVENTS"}},
		{"", `{"stream":"EVENTS","domain":"edge"`, &OtherAckError{Domain: "edge", Stream: "EVENTS"}},
		{"hub", `{"stream":"OTHER","domain":"hub"`, &OtherAckError{Domain: "hub", Stream: "OTHER"}},
	} {
		r := NewAckReader("EVENTS", tt.own)
		for _, m := range []*nats.Msg{{Data: []byte(tt.from + single)}, {Data: []byte(tt.from + batch)}} {
			id, n := "", 1
			if string(m.Data) == tt.from+batch {
				id, n = "B", 3
			}
			out := r.Read(m, id, n)
			if tt.other == nil {
				require.Equal(t, Outcome{Result: Acked, Seq: 7}, out, "%q reads %s", tt.own, m.Data)
				require.Nil(t, r.Other(m))
				continue
			}
			require.Equal(t, Outcome{Result: OtherStream, Err: tt.other}, out, "%q reads %s", tt.own, m.Data)
			require.Equal(t, tt.other, r.Other(m))
		}
	}
}

// An error names no domain: one of another stream is passed over by the stream's name.
func TestErrorsOfOtherStreamsArePassedOver(t *testing.T) {
	r := NewAckReader("EVENTS", "hub")
	answer := func(stream string) *nats.Msg {
		return &nats.Msg{Data: []byte(`{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 5"},"stream":"` + stream + `","seq":0}`)}
	}
	require.Equal(t, Outcome{Result: OtherStream}, r.Read(answer("OTHER"), "", 1))
	require.Equal(t, Outcome{Result: Conflict, Actual: 5, Known: true}, r.Read(answer("EVENTS"), "", 1))
	require.Nil(t, r.Other(answer("OTHER")))
}

// The usual ack is read by comparing bytes, with a domain and without.
func TestUsualAckIsReadWithoutJSON(t *testing.T) {
	for domain, data := range map[string]string{"": `{"stream":"EVENTS","seq":123456}`, "hub": `{"stream":"EVENTS","domain":"hub","seq":123456}`} {
		r, m := NewAckReader("EVENTS", domain), &nats.Msg{Data: []byte(data)}
		require.Zero(t, testing.AllocsPerRun(100, func() { r.Read(m, "", 1) }), "domain %q", domain)
	}
}

func BenchmarkReadAck(b *testing.B) {
	for domain, data := range map[string]string{"none": `{"stream":"EVENTS","seq":123456}`, "hub": `{"stream":"EVENTS","domain":"hub","seq":123456}`} {
		b.Run(domain, func(b *testing.B) {
			own := domain
			if own == "none" {
				own = ""
			}
			r, m := NewAckReader("EVENTS", own), &nats.Msg{Data: []byte(data)}
			b.ReportAllocs()
			for b.Loop() {
				if r.Read(m, "", 1).Result != Acked {
					b.Fatal("no ack")
				}
			}
		})
	}
}
