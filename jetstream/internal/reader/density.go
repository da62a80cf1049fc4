package reader

import "github.com/jetsource/jetsource/jetstream/internal/wire"

const (
	// firstPage is how many messages are asked for at most before the gaps between
	// them are known, and smallestPage how many at least after that.
	firstPage    = 16
	smallestPage = 4
	// pageReach is how many messages of the stream a server should have to examine for
	// one page, a matter of a millisecond or two. Meanwhile it answers no other
	// request on the same connection, and writes no batch.
	pageReach = 8192
	// block is how many bytes of the stream a server keeps in one block, if the stream
	// has no limit. It finds the first message of a subject in a block at once, and
	// examines every message from there to the next.
	block = 8 << 20
	// wildcardScanCost is what it costs to examine a message for all subjects of an
	// aggregate, if it costs 1 for one of them, and wildcardFindCost what it costs to begin
	// to look for the next.
	wildcardScanCost = 2
	wildcardFindCost = 160
)

// firstPageOf is how many messages to ask for of each of several subjects, whose
// last messages are heads. The gaps between these are the only hint, at first, at
// the gaps between the messages of one subject.
func firstPageOf(heads []*wire.Message) int {
	if len(heads) < 2 {
		return firstPage
	}
	first, last := heads[0].Seq, heads[0].Seq
	for _, m := range heads {
		first, last = min(first, m.Seq), max(last, m.Seq)
	}
	n := float64(len(heads))
	gap := float64(last-first) * n / (n - 1)
	if gap*float64(size(heads))/n >= block {
		return firstPage
	}
	return int(min(max(pageReach/gap, 2), firstPage))
}

// span is how many messages of the stream lie between the first and the last of a
// page, both included.
func span(page []*wire.Message) uint64 { return page[len(page)-1].Seq - page[0].Seq + 1 }

// nextPage is how many messages to ask for after a page.
func nextPage(page []*wire.Message) int {
	return int(min(max(pageReach*uint64(len(page))/span(page), smallestPage), maxPageMessages))
}

// isDense reports whether the subjects are faster read together, which examines
// every message once, than each by itself, which examines most of them again and
// again. The costs are of one message of the stream.
func isDense(cursors []*cursor) bool {
	apart, together := 0.0, float64(wildcardScanCost)
	for _, c := range cursors {
		if n := len(c.page); n > 0 && c.next <= c.last {
			gap := max(float64(span(c.page)-1)/float64(max(n-1, 1)), 1)
			apart += max(0, 1-gap*float64(size(c.page)/n)/block)
			together += wildcardFindCost / gap
		}
	}
	return apart > together
}

// size is how many bytes a page takes in the stream.
func size(page []*wire.Message) (n int) {
	for _, m := range page {
		n += m.StoredSize()
	}
	return n
}
