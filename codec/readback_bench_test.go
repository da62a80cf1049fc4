package codec_test

import (
	"testing"
	"time"

	"github.com/jetsource/jetsource/codec"
)

// BenchmarkEncode tells what it costs to read back, which a plain type skips: "write" is without it.
func BenchmarkEncode(b *testing.B) {
	at := time.Unix(1, 0).UTC()
	for _, bench := range []struct {
		name  string
		event any
	}{
		{"plain", struct {
			Amount int64
			Name   string
			Tags   []string
		}{100, "ada", []string{"a", "b"}}},
		{"time", deposit{Amount: 100, At: at, Tags: map[string]string{"by": "ada"}}},
		{"any", struct {
			Amount int64
			Extra  any
		}{100, map[string]any{"by": "ada", "n": 1.5}}},
		{"recursive", Tree{"a", []*Tree{{"b", nil}, {"c", []*Tree{{"d", nil}}}}}},
		{"methods", struct{ T Temperature }{Temperature{300}}},
	} {
		for _, c := range both {
			b.Run(bench.name+"/"+c.Name()+"/encode", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					_, _ = codec.Encode(c, "", bench.event)
				}
			})
			b.Run(bench.name+"/"+c.Name()+"/write", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					_, _ = codec.Write(c, bench.event)
				}
			})
		}
	}
}
