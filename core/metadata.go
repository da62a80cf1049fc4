package core

import (
	"fmt"
	"reflect"
)

// MetadataHistory is what the metadata of a store was before. A type of metadata tells
// it in a method, and every store that records the type keeps to it:
//
//	func (Origin) MetadataHistory() core.MetadataHistory[Origin] {
//		return core.MetadataHistory[Origin]{
//			Was: []core.MetadataPast{
//				core.MetadataWas(func(old Author) Author2 { … }), // version 0
//				core.MetadataWas(func(old Author2) Origin { … }), // version 1
//			},
//		}
//	}
//
// The number of steps is the version, which is recorded beside the metadata. Steps are
// added at the end, and never removed or changed.
type MetadataHistory[M any] struct {
	// Was are the types of before, the oldest first.
	Was []MetadataPast
	// Unreadable says what becomes of metadata that cannot be read: which does not
	// decode, or is of a version to come. It returns what to take in its place, or the
	// error that the event then has for its MetadataErr. Nil returns the error.
	Unreadable func(data []byte, err error) (M, error)
}

// MetadataPast is a step of a [MetadataHistory]. [MetadataWas] returns one.
type MetadataPast struct {
	old, into reflect.Type
	upcast    func(old any) any // of pointers
}

// MetadataWas says that metadata was an Old, and what becomes of it.
func MetadataWas[Old, New any](upcast func(Old) New) MetadataPast {
	return MetadataPast{reflect.TypeFor[Old](), reflect.TypeFor[New](), func(old any) any {
		next := upcast(*old.(*Old))
		return &next
	}}
}

// MetadataReader reads metadata of any version as an M. It is for authors of stores.
type MetadataReader[M any] struct {
	history MetadataHistory[M]
}

// NewMetadataReader returns the reader of an M, by the M's [MetadataHistory] if it has
// one, or an error if that does not lead to M.
func NewMetadataReader[M any]() (*MetadataReader[M], error) {
	t := reflect.TypeFor[M]()
	zero := any(*new(M))
	if t.Kind() == reflect.Pointer {
		zero = reflect.New(t.Elem()).Interface() // its method may need a value
	}
	told, ok := zero.(interface{ MetadataHistory() MetadataHistory[M] })
	if !ok {
		if _, has := reflect.PointerTo(t).MethodByName("MetadataHistory"); has && t.Kind() != reflect.Interface {
			return nil, fmt.Errorf("metadata %v: write its history as func (%s) MetadataHistory() core.MetadataHistory[%[2]s]", t, t.Name())
		}
		return &MetadataReader[M]{}, nil
	}
	r := &MetadataReader[M]{told.MetadataHistory()}
	for i, step := range r.history.Was {
		next := t
		if i+1 < len(r.history.Was) {
			next = r.history.Was[i+1].old
		}
		if step.into != next {
			return nil, fmt.Errorf("history of metadata %v: gap: version %d becomes a %v, and version %d is a %v", t, i, step.into, i+1, next)
		}
	}
	return r, nil
}

// Version returns the version of metadata that is recorded now.
func (r *MetadataReader[M]) Version() int { return len(r.history.Was) }

// Read returns metadata of a version, which unmarshal decodes. Beside an error, which
// is the MetadataErr of the event, it returns the zero M.
func (r *MetadataReader[M]) Read(version int, data []byte, unmarshal func(data []byte, v any) error) (metadata M, err error) {
	metadata, err = r.read(version, data, unmarshal)
	if err != nil && r.history.Unreadable != nil {
		metadata, err = r.unreadable(data, err)
	}
	if err != nil {
		var none M // what a decoder has begun to fill is not given out
		return none, err
	}
	return metadata, nil
}

func (r *MetadataReader[M]) read(version int, data []byte, unmarshal func(data []byte, v any) error) (metadata M, err error) {
	defer recoverPanic(&err)
	if version < 0 || version > r.Version() {
		return metadata, fmt.Errorf("metadata is of version %d, and this program knows %d", version, r.Version())
	}
	if version == r.Version() {
		return metadata, unmarshal(data, &metadata)
	}
	steps := r.history.Was[version:]
	old := reflect.New(steps[0].old).Interface()
	if err := unmarshal(data, old); err != nil {
		return metadata, err
	}
	for _, step := range steps {
		old = step.upcast(old)
	}
	return *old.(*M), nil
}

func (r *MetadataReader[M]) unreadable(data []byte, reason error) (metadata M, err error) {
	defer recoverPanic(&err)
	return r.history.Unreadable(data, reason)
}
