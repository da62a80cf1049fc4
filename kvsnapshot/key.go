package kvsnapshot

import (
	"strconv"
	"strings"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

// noID stands for the id of a kind that has one instance, and for that of a store
// without one. It is no id's token: in a token two digits follow each '='.
const noID = "="

// bucketKey returns the key of a snapshot in the bucket,
// role.kind.id.schema.store, or a [core.NameError]. The store comes last, so that
// rights to the snapshots of any store end with a wildcard.
func bucketKey[ID comparable](ids *codec.IDs[ID], key core.SnapshotKey[ID]) (string, error) {
	parts, err := newKeyParts(ids, key)
	if err != nil {
		return "", err
	}
	return parts.join(strconv.Itoa(key.Schema)), nil
}

// keyParts are the tokens of a key, save that of the schema.
type keyParts struct{ role, kind, id, store string }

func (p keyParts) join(schema string) string {
	return strings.Join([]string{p.role, p.kind, p.id, schema, p.store}, ".")
}

func newKeyParts[ID comparable](ids *codec.IDs[ID], key core.SnapshotKey[ID]) (p keyParts, err error) {
	if p.role, err = codec.EncodeToken(string(key.Role)); err != nil {
		return p, &core.NameError{What: "snapshot role", Name: string(key.Role), Err: err}
	}
	if p.kind, err = codec.EncodeToken(key.Kind); err != nil {
		return p, &core.NameError{What: string(key.Role) + " kind", Name: key.Kind, Err: err}
	}
	p.id, p.store = noID, noID
	if !key.Singleton {
		if p.id, err = ids.Token(key.ID); err != nil {
			return p, &core.NameError{What: string(key.Role) + " id", Err: err}
		}
	}
	if key.Store != "" {
		if p.store, err = codec.EncodeToken(key.Store); err != nil {
			return p, &core.NameError{What: "store id", Name: key.Store, Err: err}
		}
	}
	return p, nil
}

// stateKind is the kind for which a [codec.KindCodec] encodes the state of a key. It is no
// kind of events.
func stateKind(name string) string { return "_snapshot " + name }
