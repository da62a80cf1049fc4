package kvsnapshot_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// changed has a state made again, or changed, at random from a seed.
type changed struct{ Seed uint64 }

func (changed) EventKind() string { return "cell.changed" }

// The states of this test.
type (
	point struct{ X, Y int }
	deep  struct {
		Points map[string][]point
		Next   *deep `json:",omitempty" msgpack:",omitempty"`
	}
	omits struct {
		Map  map[string]int `json:",omitempty" msgpack:",omitempty"`
		List []int          `json:",omitempty" msgpack:",omitempty"`
		Num  float64        `json:",omitempty" msgpack:",omitempty"`
		Skip string         `json:"-" msgpack:"-"`
	}
	shape interface{ Area() int }
	lines struct {
		All  []*point
		ByID map[string]*point
	}
)

func (p point) Area() int { return p.X * p.Y }

// survivor checks states of one type, and returns which ways refused them.
type survivor struct {
	name  string
	check func(t *testing.T, rng *rand.Rand) (refused []string)
}

// TestStatesOutOfSnapshotsAndCachesAreThoseOfAReplay folds events that look at the
// state, so that a state which is not as it was leads to others from then on.
// JETSOURCE_SEED repeats a run.
func TestStatesOutOfSnapshotsAndCachesAreThoseOfAReplay(t *testing.T) {
	seed, err := strconv.ParseUint(os.Getenv("JETSOURCE_SEED"), 10, 64)
	if err != nil {
		seed = rand.Uint64()
	}
	t.Logf("JETSOURCE_SEED=%d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	var refused []string
	checked := 0
	for _, s := range []survivor{
		survives("map", func(r *rand.Rand, m map[string]int) map[string]int {
			if m == nil || r.IntN(5) == 0 {
				return []map[string]int{nil, {}, {"a": 1}}[r.IntN(3)]
			}
			m[fmt.Sprint(r.IntN(3))]++
			delete(m, fmt.Sprint(r.IntN(3)))
			return m
		}),
		survives("list", func(r *rand.Rand, l []string) []string {
			if l == nil {
				return []string{}
			}
			return slices.Clone(append(l, fmt.Sprint(len(l))))[r.IntN(len(l)+1):]
		}),
		survives("pointer", func(r *rand.Rand, p *point) *point {
			if p == nil || r.IntN(3) == 0 {
				return []*point{nil, {1, 2}}[r.IntN(2)]
			}
			p.X++
			return p
		}),
		survives("any", func(r *rand.Rand, v any) any {
			switch v := v.(type) {
			case map[string]any:
				return "a map"
			case string:
				return v[:len(v)/2] + "s"
			}
			return []any{1, 1.5, "s", true, point{1, 2}, []int{1}, nil}[r.IntN(7)]
		}),
		survives("interface", func(r *rand.Rand, v shape) shape {
			return []shape{v, nil, point{r.IntN(9), 1}, &point{1, r.IntN(9)}}[r.IntN(4)]
		}),
		survives("time in UTC", func(r *rand.Rand, v time.Time) time.Time {
			return v.AddDate(r.IntN(3), 0, 0).Add(time.Duration(r.Int64N(1e12)))
		}),
		survives("time in a zone", func(r *rand.Rand, v time.Time) time.Time {
			zone := []*time.Location{time.UTC, time.FixedZone("", 3600*(1+r.IntN(5))), time.FixedZone("CET", 3600)}[r.IntN(3)]
			return v.Add(time.Duration(v.Hour()) * time.Minute).In(zone)
		}),
		survives("float", func(r *rand.Rand, v float64) float64 {
			return []float64{v * 1.1, -v, r.NormFloat64(), 0, 1e300 * r.Float64()}[r.IntN(5)]
		}),
		survives("deep", func(r *rand.Rand, v deep) deep {
			if v.Points == nil {
				v.Points = map[string][]point{"a": nil, "b": {}}
			}
			if v.Points["b"] != nil {
				v.Points["b"] = append(slices.Clone(v.Points["b"]), point{len(v.Points), 1})
			}
			if r.IntN(4) == 0 {
				inner := v
				v = deep{Next: &inner}
			}
			if r.IntN(9) == 0 {
				return deep{}
			}
			return v
		}),
		survives("omitted", func(r *rand.Rand, v omits) omits {
			return []omits{v, {Map: map[string]int{}}, {List: []int{}}, {Num: float64(r.IntN(3))}, {Skip: v.Skip + "s"}}[r.IntN(5)]
		}),
		survives("shared", func(r *rand.Rand, v lines) lines {
			p := &point{X: len(v.All)}
			if r.IntN(3) == 0 {
				v = lines{ByID: map[string]*point{}}
			}
			if v.ByID == nil {
				return lines{All: []*point{p}}
			}
			v.All, v.ByID["last"] = append(slices.Clone(v.All), p), p
			v.ByID["last"].Y++
			return v
		}),
	} {
		for _, r := range s.check(t, rng) {
			refused = append(refused, s.name+" by "+r)
		}
		checked++
	}
	t.Logf("%d types, differences 0; refused: %d (%s)", checked, len(refused), strings.Join(refused, ", "))
	require.NotEmpty(t, refused)
	for _, plain := range []string{"map", "list", "time in UTC", "float"} {
		for _, r := range refused {
			require.False(t, strings.HasPrefix(r, plain+" by"), "%s is plain", r)
		}
	}
}

// cell is a state that shows what was done to it.
type cell[T any] struct {
	Value T
	Count int
}

// survives checks states of a type that an event changes.
func survives[T any](name string, change func(*rand.Rand, T) T) survivor {
	return survivor{name, func(t *testing.T, rng *rand.Rand) (refused []string) {
		g := core.DefineAggregate("cell", core.On(func(c *cell[T], e changed) {
			c.Value = change(rand.New(rand.NewPCG(e.Seed, uint64(c.Count))), c.Value)
			c.Count++
		}))
		store := memory.New[string, core.NoMetadata]()
		plain := core.NewRepository(store, g)
		type repo = core.Repository[cell[T], string, uint64, core.NoMetadata]
		repos := map[string]*repo{}
		for _, c := range []codec.Codec{codec.JSON, codec.MessagePack} {
			cfg := newConfig(1)
			cfg.Codec = c
			repos["snapshot as "+c.Name()] = plain.WithSnapshots(open(t, cfg))
			repos["copy as "+c.Name()] = plain.WithCache(core.Cache[cell[T]]{Size: 10, Copy: codec.Copier[cell[T]](c)})
		}
		for way, repo := range repos {
			logged.drain()
			for i := range 60 {
				id := fmt.Sprint(way, i%3)
				_, err := repo.Upsert(t.Context(), id, core.CommandFunc[cell[T]](func(cell[T]) ([]core.Event, error) {
					return []core.Event{changed{rng.Uint64()}}, nil
				}))
				require.NoError(t, err, "%s, %s", name, way)
				want, _, err := plain.Load(t.Context(), id)
				require.NoError(t, err)
				got, _, err := repo.Load(t.Context(), id)
				require.NoError(t, err)
				require.True(t, reflect.DeepEqual(want, got), "%s, %s: got %#v, want %#v", name, way, got, want)
			}
			if len(logged.drain()) > 0 {
				refused = append(refused, way)
			}
		}
		slices.Sort(refused)
		return refused
	}}
}
