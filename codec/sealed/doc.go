// Package sealed is a codec that encrypts personal fields with a key of the person they are
// about. Destroying the key erases them everywhere, the log included.
//
//	type CustomerRegistered struct {
//		Customer string `sealed:"subject"`
//		Email    string `sealed:"personal"`
//		Name     string `sealed:"personal,erased=(forgotten)"`
//		Country  string
//	}
//
//	keys, err := kvkeys.Open(ctx, nc, kvkeys.Config{})
//	c, err := sealed.New(keys, sealed.Config{KMS: kms})
//	err = c.Check(CustomerRegistered{}, Customer{}) // mistakes in tags, when the program starts
//	store, err := jetstream.Open[string, core.NoMetadata](ctx, nc, jetstream.Config{Codec: c})
//	snapshots, err := kvsnapshot.Open[string](ctx, nc, kvsnapshot.Config{Codec: c})
//	customers := core.NewRepository(store, customer).WithSnapshots(snapshots).
//		WithCache(core.Cache[Customer]{Size: 1000, Copy: sealed.Copier[Customer](c)})
//
//	forgetter, err := sealed.NewForgetter(store, c, customers)
//	err = forgetter.Forget(ctx, "C-17")
//	export, err := forgetter.Export(ctx, "C-17") // all that is held about a subject
//
// A [Codec] works over any codec. Events, states of aggregates and states of projections are
// sealed alike; what is in memory is not. A store whose codec does not seal refuses types
// with personal fields: [codec.PersonalError].
//
// # Tags
//
// A personal field is about the subject of its struct or, if that names none, of the nearest
// struct around it: so a slice of structs may have a subject for each element. Two subjects
// in one struct have names: `sealed:"subject,of=sender"`, `sealed:"personal,of=sender"`. A
// subject is a string, an integer or a type that marshals to text. It stays in clear text,
// in every event, for ever: let it be an identifier, not an e-mail address.
//
// A forgotten field reads as its zero value, or as what "erased=" says, which comes last in
// its tag: a text, a number, a bool. A mistake in the tags is a [TagError]: a personal field
// without a subject, two subjects for one field, an interface, a type that contains itself or
// that writes itself by methods. What a field of type any holds is not looked at.
//
// A value is bound to the kind of its event, the name of its field and its subject; that of
// a state, to the key of the snapshot. The name is that of the json or msgpack tag, if there
// is one. A field that loses its tag later reads what was sealed as it stands: keep the tag.
//
// A field that is tagged in a later release is in clear text in the events before: to load them
// is a [FieldError] that names the field, [ErrClearText], since a forger without the key could
// have written them. Give the event a new kind, and have its history ([core.Was]) read the old
// one into a struct of its own, whose tags say "cleartext": `sealed:"personal,cleartext"`. Such
// values are read as they stand beside sealed ones, and as erased once the subject is forgotten;
// they stay in the log. The struct of an old kind has all the tags of the event, with what
// "erased=" says, or its values read otherwise: [Codec.Check] follows the history. Where a new
// kind is too much, the event itself may say "cleartext". The codec inside must be [codec.JSON]
// or [codec.MessagePack].
//
// # Keys
//
// Each subject has a data key for AES-256-GCM, made when it is first needed. It is in a
// [KeyStore]: a key-value bucket of package kvkeys, which is backed up apart from the events, or
// [MemoryKeys]. With a [KMS] the key store holds it encrypted, and after the KMS
// has a new key [Codec.Rewrap] has that encrypt all data keys.
//
// Keys are cached, of 100,000 subjects in some 90 MiB, for [Config].KeyAge. If the key store does not answer,
// commits and reads fail with a [KeyStoreError]; live models and workers wait. A key that is
// missing, and was not destroyed, is [ErrNoKey]. Bytes that are not those that were written,
// by a single bit, are [ErrDamaged], also where the key was destroyed.
//
// A key is stored before the event that needs it. A command that is refused with
// [core.ErrExists] makes none, so that it never takes the place of one that the key store has
// lost. One that is refused otherwise may leave a key by which nothing was sealed.
//
// A commit that would seal something for a subject that was forgotten is [ErrForgotten].
// Zero values, and what "erased=" says, may be committed: the aggregate lives on.
//
// # Backups
//
// A backup of sealed events is two: the log, and the keys. Without the keys the events stay
// sealed. With them everything can be read that could be when the keys were copied, also of
// subjects that were forgotten since: so keep the keys apart from the log, and only their
// newest backup. With a KMS they are of no use without its key.
//
// Copy the log first, and the keys after it: they are then all that the log needs.
//
//	jetsource backup events
//	nats stream backup KV_SUBJECTKEYS keys
//
// Restore while no program runs, and the keys first, or programs would make others in their
// place. Then run [Forgetter.Resume], before anything else reads the log: it destroys the keys
// of the subjects that were forgotten, which an older backup of the keys still has, and marks them as
// destroyed where the keys are lost.
//
//	nats stream restore keys
//	jetsource restore events
//	err = forgetter.Resume(ctx)
//
// What the log does not say is not known: forget again the subjects that were forgotten after it was
// copied. If their keys are destroyed already, their values read as erased, and their unique
// values are taken still. Open the bucket with kvkeys.Config.MustExist, so that no program begins
// with an empty one. Events whose keys are lost for good, and whose subjects were not
// forgotten, are [ErrNoKey]; to forget a subject makes its own readable, as erased. Snapshots
// and read models need no backup.
//
// # Forgetting
//
// [Forgetter.Forget] records [ForgetRequested] and, when all is done, [Forgotten]: reactors
// and read models handle these as any event. A state in memory, and a read model in a database of its own,
// hold what was folded before: they remove it when Forgotten comes, a projection with tagged states by
// [Erase]. The cached states of a repository see to that themselves, if they are copied by [Copier].
// Unique values are released; so let none of them have an "erased=".
//
// A program without the repositories begins it: [Forgetter.Request], which "jetsource forget"
// calls, destroys the key. The program with the repositories finishes what is pending when it
// starts, by [Forgetter.Resume], and while it runs, by a reaction:
//
//	forgetting := reactor.Define("forgetting", reactor.On(func(ctx context.Context, e Recorded[sealed.ForgetRequested]) error {
//		err := forgetter.Forget(ctx, e.Event.Subject)
//		if errors.Is(err, sealed.ErrClearText) {
//			err = reactor.Permanent(err) // it is parked, for people to see
//		}
//		return err
//	}))
//
// Events that a store has from before it sealed, or from before a field was tagged, have values in
// clear text, which stay. Forget looks for them where it has the repository of the aggregate, and
// tells their number by a [ClearTextError] once all else is done, and in Forgotten; Export marks
// them. States that are folded from events of a codec that does not seal have the values still, and
// so their unique values stay taken.
//
// What is vouched for, and tested: after Forget no message of the stream, no bucket, no
// snapshot, no export and no file of the server has the values, and none of them has the
// key. What is not:
//
//   - backups that have the key store, and copies of a disk, made before; with a KMS also
//     its key is needed;
//   - blocks of a disk that the file system, or the device, does not overwrite in place, and
//     the consensus logs of a replicated key store until the server has compacted them: use a
//     KMS there, and rotate its key;
//   - the memory of programs, and read models, logs and systems that were told the values;
//   - what was recorded in clear text before a field was tagged, which is counted, and in metadata,
//     in ids, in command ids, which is not; an aggregate's snapshot of that time is removed, and stays in the server's files until these
//     are compacted; one of a projection that has another schema now is yours to remove;
//   - the length of a value, and when it was recorded;
//   - hashes of unique values that were released: a reader of the log can test a guess.
package sealed
