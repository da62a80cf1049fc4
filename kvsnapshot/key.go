package kvsnapshot

import (
	"strconv"

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
	role, err := codec.EncodeToken(string(key.Role))
	if err != nil {
		return "", &core.NameError{What: "snapshot role", Name: string(key.Role), Err: err}
	}
	kind, err := codec.EncodeToken(key.Kind)
	if err != nil {
		return "", &core.NameError{What: string(key.Role) + " kind", Name: key.Kind, Err: err}
	}
	id := noID
	if !key.Singleton {
		if id, err = ids.Token(key.ID); err != nil {
			return "", &core.NameError{What: string(key.Role) + " id", Err: err}
		}
	}
	store := noID
	if key.Store != "" {
		if store, err = codec.EncodeToken(key.Store); err != nil {
			return "", &core.NameError{What: "store id", Name: key.Store, Err: err}
		}
	}
	return role + "." + kind + "." + id + "." + strconv.Itoa(key.Schema) + "." + store, nil
}

// stateKind is the kind for which a [codec.KindCodec] encodes the state of a key. It is no
// kind of events.
func stateKind(name string) string { return "_snapshot " + name }
