package reactor

import (
	"strings"

	"github.com/jetsource/jetsource/core/internal/resume"
)

// leaseName returns the name of the lease of the reactor on its store: reactors of
// one name in two stores do not wait for each other. The last part is the store's
// identifier, empty if it has none.
func (w *Worker[ID, Pos, M]) leaseName() string {
	return "reactor." + w.reactor.name + "." + onePart.Replace(resume.StoreID(w.store))
}

// onePart has no '.' in what it returns, so that the name of the reactor, which may
// have some, ends before the last one.
var onePart = strings.NewReplacer("%", "%25", ".", "%2E")
