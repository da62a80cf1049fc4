package readmodel

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/jetsource/jetsource/core"
)

// Layout is one version of a model, which has tables of its own.
type Layout struct {
	Model   string
	Version int
}

// String returns "model v3".
func (l Layout) String() string { return fmt.Sprintf("%s v%d", l.Model, l.Version) }

// Table returns the name that a table has in this layout, as "orders_v3_list". It
// panics with a [core.NameError] for a name that is no identifier; inside a function of
// a model that is an error of the event.
func (l Layout) Table(name string) string {
	if err := checkIdentifier("table", name); err != nil {
		panic(err)
	}
	return l.Prefix() + name
}

// Prefix returns what the names of the layout's tables begin with, as "orders_v3_".
func (l Layout) Prefix() string { return fmt.Sprintf("%s_v%d_", l.Model, l.Version) }

// View returns the name under which the table of the promoted layout is read, as
// "orders_list".
func (l Layout) View(name string) string { return l.Model + "_" + name }

// maxIdentifier leaves room for a prefix in the 63 bytes of an identifier of PostgreSQL.
const maxIdentifier = 28

var (
	identifier = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	versioned  = regexp.MustCompile(`_v[0-9]+(_|$)`)
)

// Check returns a [core.NameError] for a name that is no identifier or a version below 1.
func (l Layout) Check() error {
	if err := checkIdentifier("read model", l.Model); err != nil {
		return err
	}
	if l.Version < 1 || l.Version > 99_999 {
		return &core.NameError{What: "read model version", Name: fmt.Sprint(l.Version), Err: errors.New("it is not between 1 and 99999")}
	}
	return nil
}

// checkIdentifier accepts what is an identifier in every database, and cannot be taken
// for a name with another prefix.
func checkIdentifier(what, name string) error {
	var reason string
	switch {
	case !identifier.MatchString(name):
		reason = "it is no identifier of letters a-z, digits and underscores"
	case len(name) > maxIdentifier:
		reason = fmt.Sprintf("it is longer than %d bytes", maxIdentifier)
	case versioned.MatchString(name):
		reason = "it has what marks a version"
	default:
		return nil
	}
	return &core.NameError{What: what, Name: name, Err: errors.New(reason)}
}
