package fold

// Upcaster makes an E of older kinds of the event.
type Upcaster[E Event] struct {
	readers map[string]Reader[E]
}

// Upcast returns the Upcaster that reads an Old, or one of its older kinds, and
// makes an E of it.
func Upcast[Old, E Event](upcast func(Old) E, older ...Upcaster[Old]) Upcaster[E] {
	u := Upcaster[E]{readers: make(map[string]Reader[E])}
	for kind, read := range Readers(Upcasting, older) {
		u.readers[kind] = func(from Source) (E, error) {
			old, err := read(from)
			if err != nil {
				var none E
				return none, err
			}
			return upcast(old), nil
		}
	}
	return u
}

// Readers returns a [Reader] for each kind that an E is read from: its own and
// the older ones.
func Readers[E Event](d Definition, older []Upcaster[E]) map[string]Reader[E] {
	kind := KindOf[E](d)
	readers := map[string]Reader[E]{kind: As[E]}
	for _, u := range older {
		Add(d, "upcast to "+kind, readers, u.readers)
	}
	return readers
}
