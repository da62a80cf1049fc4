package jetstream

// GroupAlways lets every commit wait for those in flight, whatever is faster.
func (s *Store[ID, M]) GroupAlways() {
	g := s.stream.groups
	g.mu.Lock()
	defer g.mu.Unlock()
	for kind := range g.paces {
		g.paces[kind] = pace{always: true, grouping: true}
	}
}
