// Package powerfs is a file system that loses power when it is told to: what
// was written and not synced is gone. A program that runs on it and is killed
// before [FS.Lose] meets what it would meet after a power failure.
//
// It is mounted through FUSE, which takes Linux, /dev/fuse and root; elsewhere
// [Mount] says so with [ErrNotAvailable].
//
// # What survives
//
// The file system behaves as ext4 (data=ordered) and XFS do.
//
//   - Data: what fsync or fdatasync of its file covered, or a write to a file
//     opened with O_SYNC or O_DSYNC. The data of one file says nothing about that
//     of another.
//   - Operations (create, mkdir, rename, unlink, rmdir, truncate) are atomic and
//     go to a journal, in their order. An fsync of a file or directory commits the
//     journal up to the last operation before the last change of that file or
//     directory: an operation never survives without all earlier ones. So a new
//     file that was synced has its name even if its directory was not synced, and a
//     file renamed without a sync of its data before may have its new name and no
//     data.
//   - Of what was not synced the [Mode] says what survives all the same: a real
//     disk may have written some of it.
//
// POSIX promises less: the name of a new file is durable only once its directory
// was synced. nats-server does not sync the directory of a new message block, so
// a file system that kept to the letter would lose whole blocks of it; no file
// system that it is run on does. It is fair the other way round too: nothing
// survives here for certain that ext4 and XFS may lose. They delay allocation, so
// neither age nor a later sync of another file makes data durable.
//
// Times, permissions and owners are not part of the model: times and permissions
// survive, owners are not kept. There are no links, extended attributes or shared
// memory maps; nats-server uses none.
//
// # Programs on it
//
// The process that serves the file system may use it too, with one exception: it
// must not start another program in a directory of it, or with an open file of it.
// While it forks it does not answer, and the new program waits for the answer.
//
// # How
//
// Each file has one backing file without a name in the system's directory for
// temporary files, which holds what was written, and a list of its unsynced
// changes with what they replaced, in memory. A sync empties the list; a loss of
// power takes the changes back. Directories are kept in memory twice: as they are
// and as they would be after a loss. So memory is needed for what is not synced,
// and a write costs as much as it has bytes.
package powerfs
