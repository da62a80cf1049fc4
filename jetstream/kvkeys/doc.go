// Package kvkeys keeps the data keys of package sealed in a key-value bucket of NATS.
//
//	keys, err := kvkeys.Open(ctx, nc, kvkeys.Config{Replicas: 3})
//	c, err := sealed.New(keys, sealed.Config{KMS: kms})
//
// The bucket has a stream of its own, so that a backup of the events is one of what can be
// forgotten. It is backed up apart, and restored first, by "nats stream backup KV_<bucket>": see
// "Backups" in package sealed. A key is a subject, as
// [codec.EncodeToken] writes it; its value is what package sealed made of the data key, or the
// mark of a key that was destroyed.
//
// A value that is replaced or destroyed is overwritten in the server's files, where the
// server does not encrypt them itself: there it is only removed. Replicated servers have it
// also in their consensus logs, until they compact these. For both, use a KMS: what is left
// then is a key that was encrypted.
//
// The leader of the stream answers every read. A program needs the rights to
// "$JS.API.STREAM.INFO.KV_<bucket>", "$JS.API.STREAM.MSG.GET.KV_<bucket>",
// "$KV.<bucket>.>", and to forget to "$JS.API.STREAM.MSG.DELETE.KV_<bucket>"; the program that opens it first,
// to "$JS.API.STREAM.CREATE.KV_<bucket>".
package kvkeys
