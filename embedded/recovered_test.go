package embedded_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/embedded"
)

// events is the folder of the stream EVENTS in a server's directory.
var events = filepath.Join("jetstream", "$G", "streams", "EVENTS")

// withKey is a server on dir with a key for encryption at rest; empty for none.
func withKey(dir, key string) embedded.Config {
	return embedded.Config{Dir: dir, Options: func(o *server.Options) { o.JetStreamKey = key }}
}

// run calls do with a client of a server that is closed afterwards.
func run(t *testing.T, cfg embedded.Config, do func(js jetstream.JetStream)) {
	t.Helper()
	srv, err := embedded.Start(cfg)
	require.NoError(t, err, "start server")
	do(connect(t, srv))
	require.NoError(t, srv.Close(), "close server")
}

// perBlock is how many messages of a stream that fill creates are in a block.
const perBlock = 3

// fill creates EVENTS on a server of its own and publishes n messages.
func fill(t *testing.T, cfg embedded.Config, n int) {
	t.Helper()
	run(t, cfg, func(js jetstream.JetStream) { publishTo(t, js, smallBlocks(), n) })
}

func smallBlocks() jetstream.StreamConfig {
	stream := eventsConfig(1)
	stream.MaxBytes = 120_000 // so little that blocks are of 32,000 bytes
	stream.Duplicates = 100 * time.Millisecond
	return stream
}

func publishTo(t *testing.T, js jetstream.JetStream, stream jetstream.StreamConfig, n int) {
	t.Helper()
	_, err := js.CreateStream(t.Context(), stream)
	require.NoError(t, err)
	for i := range n {
		msg := nats.NewMsg(fmt.Sprintf("events.%d", i))
		msg.Data = make([]byte, 10_000)
		if i%2 == 1 {
			msg.Header.Set("Number", fmt.Sprint(i))
		}
		_, err := js.PublishMsg(t.Context(), msg)
		require.NoError(t, err)
	}
}

// requireMessages starts a server and reads the n messages of EVENTS.
func requireMessages(t *testing.T, cfg embedded.Config, n int) {
	t.Helper()
	run(t, cfg, func(js jetstream.JetStream) { requireAll(t, js, n) })
}

func requireAll(t *testing.T, js jetstream.JetStream, n int) {
	t.Helper()
	stream, err := js.Stream(t.Context(), "EVENTS")
	require.NoError(t, err)
	require.Equal(t, uint64(n), stream.CachedInfo().State.Msgs)
	for i := range n {
		msg, err := stream.GetMsg(t.Context(), uint64(i+1))
		require.NoError(t, err, "message %d", i+1)
		require.Equal(t, fmt.Sprintf("events.%d", i), msg.Subject)
	}
}

// requireRefused starts a server, which must fail for EVENTS with that reason
// and leave every file of the directory as it was. It returns what the error says.
func requireRefused(t *testing.T, cfg embedded.Config, reason error) string {
	t.Helper()
	before := files(t, cfg.Dir)
	text := requireNamed(t, cfg, reason)
	require.Equal(t, before, files(t, cfg.Dir), "what is on disk")
	return text
}

// requireNamed starts a server, which must fail for EVENTS with that reason. It
// returns what the error says.
func requireNamed(t *testing.T, cfg embedded.Config, reason error) string {
	t.Helper()
	srv, err := embedded.Start(cfg)
	if err == nil {
		require.NoError(t, srv.Close())
	}
	require.ErrorIs(t, err, reason)
	refused, ok := errors.AsType[*embedded.NotRecoveredError](err)
	require.True(t, ok, "%v", err)
	require.Len(t, refused.Streams, 1)
	require.Equal(t, "EVENTS", refused.Streams[0].Stream)
	require.Equal(t, "$G", refused.Streams[0].Account)
	require.Equal(t, filepath.Join(cfg.Dir, events), refused.Streams[0].Folder)
	require.ErrorContains(t, err, "EVENTS of account $G")
	return err.Error()
}

// files are the files below dir, each with the checksum of its content.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() == "LOCK" {
			return err
		}
		found[path] = entry.Type().String()
		if entry.Type().IsRegular() {
			data, err := os.ReadFile(path)
			found[path] = fmt.Sprintf("%x", sha256.Sum256(data))
			return err
		}
		return nil
	}))
	return found
}

// crashed makes a directory look as after a crash: without the index that a
// server writes when it is closed, so that the next one reads every block.
func crashed(t *testing.T, dir string) {
	t.Helper()
	require.NoError(t, os.Remove(filepath.Join(dir, events, "msgs", "index.db")))
}

func TestAnEncryptedStreamNeedsItsKey(t *testing.T) {
	for _, cipher := range []server.StoreCipher{server.ChaCha, server.AES} {
		t.Run(cipher.String(), func(t *testing.T) {
			dir := t.TempDir()
			with := func(key string) embedded.Config {
				return embedded.Config{Dir: dir, Options: func(o *server.Options) { o.JetStreamKey, o.JetStreamCipher = key, cipher }}
			}
			fill(t, with("right"), 5)
			requireRefused(t, with("wrong"), embedded.ErrWrongKey)
			requireRefused(t, with(""), embedded.ErrNoKey)
			requireMessages(t, with("right"), 5)

			crashed(t, dir)
			requireRefused(t, with("wrong"), embedded.ErrWrongKey)
			requireRefused(t, with(""), embedded.ErrNoKey)
			requireMessages(t, with("right"), 5)
		})
	}
}

func TestAKeyAndACipherCanBeChanged(t *testing.T) {
	dir := t.TempDir()
	fill(t, withKey(dir, "first"), 2*perBlock)
	change := embedded.Config{Dir: dir, Options: func(o *server.Options) {
		o.JetStreamKey, o.JetStreamOldKey, o.JetStreamCipher = "second", "first", server.AES
	}}
	requireMessages(t, change, 2*perBlock)
	requireMessages(t, change, 2*perBlock)
	requireRefused(t, withKey(dir, "first"), embedded.ErrWrongKey)
	requireMessages(t, withKey(dir, "second"), 2*perBlock)
}

func TestAStreamThatIsNotEncryptedCanBe(t *testing.T) {
	dir := t.TempDir()
	fill(t, withKey(dir, ""), 3*perBlock)
	// The server encrypts what it has to read, and the rest later. It reads what
	// is not older than the window for duplicates.
	last := time.Now()
	require.Eventually(t, func() bool { return time.Since(last) > 200*time.Millisecond }, time.Minute, 10*time.Millisecond)
	requireStarts(t, withKey(dir, "new"))
	require.FileExists(t, filepath.Join(dir, events, "meta.key"))
	require.NoFileExists(t, filepath.Join(dir, events, "msgs", "1.key"), "a block that is not encrypted yet")

	requireRefused(t, withKey(dir, ""), embedded.ErrNoKey)
	requireRefused(t, withKey(dir, "other"), embedded.ErrWrongKey)
	requireMessages(t, withKey(dir, "new"), 3*perBlock)
	crashed(t, dir)
	requireMessages(t, withKey(dir, "new"), 3*perBlock)
}

func TestACompressedStreamCanBeEncrypted(t *testing.T) {
	dir := t.TempDir()
	run(t, withKey(dir, ""), func(js jetstream.JetStream) {
		stream := smallBlocks()
		stream.Compression = jetstream.S2Compression
		publishTo(t, js, stream, 2*perBlock+1)
		require.Eventually(t, func() bool {
			data, err := os.ReadFile(filepath.Join(dir, events, "msgs", "1.blk"))
			return err == nil && strings.HasPrefix(string(data), "cmp")
		}, time.Minute, 10*time.Millisecond, "a block is compressed")
	})
	crashed(t, dir)
	requireMessages(t, withKey(dir, "new"), 2*perBlock+1)
}

// Damage that costs one message on a server without a key costs the stream where
// the server encrypts it.
func TestADamagedBlockIsNotLostWithItsStreamByEncryptingIt(t *testing.T) {
	for what, damage := range map[string]func(data []byte) []byte{
		"its end is missing": func(data []byte) []byte { return data[:len(data)-100] },
		"a bit is wrong":     func(data []byte) []byte { data[len(data)-100] ^= 1; return data },
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, withKey(dir, ""), perBlock)
			crashed(t, dir)
			block := filepath.Join(dir, events, "msgs", "1.blk")
			data, err := os.ReadFile(block)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(block, damage(data), 0o600))
			require.Contains(t, requireRefused(t, withKey(dir, "new"), embedded.ErrDamaged), "1.blk")

			requireMessages(t, withKey(dir, ""), perBlock-1) // which mends it
			requireMessages(t, withKey(dir, "new"), perBlock-1)
		})
	}
}

func TestAnInterruptedEncryptionLosesNoBlock(t *testing.T) {
	dir, done := t.TempDir(), t.TempDir()
	fill(t, withKey(dir, ""), 2*perBlock)
	crashed(t, dir)
	require.NoError(t, os.CopyFS(done, os.DirFS(dir)))
	requireMessages(t, withKey(done, "new"), 2*perBlock)

	// The server was killed when it had written the key of the second block.
	for _, file := range []string{"1.key", "1.blk", "2.key"} {
		data, err := os.ReadFile(filepath.Join(done, events, "msgs", file))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, events, "msgs", file), data, 0o600))
	}
	requireRefused(t, withKey(dir, ""), embedded.ErrNoKey)
	key := filepath.Join("msgs", "2.key")
	require.Contains(t, requireRefused(t, withKey(dir, "new"), embedded.ErrDamaged), "remove "+key)
	require.NoError(t, os.Remove(filepath.Join(dir, events, key)))
	requireMessages(t, withKey(dir, "new"), 2*perBlock)
}

func requireStarts(t *testing.T, cfg embedded.Config) {
	t.Helper()
	run(t, cfg, func(jetstream.JetStream) {})
}

// harm is what may happen to a file.
var harm = map[string]func(path string, data []byte) error{
	"removed": func(path string, _ []byte) error { return os.Remove(path) },
	"emptied": func(path string, _ []byte) error { return os.Truncate(path, 0) },
	"changed": func(path string, data []byte) error {
		changed := append([]byte{}, data...)
		changed[len(changed)/2] ^= 1
		return os.WriteFile(path, changed, 0o600)
	},
}

func TestNoFileOfAStreamMayBeDamaged(t *testing.T) {
	for _, c := range []struct {
		key   string
		files []string
	}{
		{"", []string{"meta.inf", "meta.sum"}},
		{"right", []string{"meta.inf", "meta.sum", "meta.key", "msgs/1.key", "msgs/2.key"}},
	} {
		dir := t.TempDir()
		cfg := withKey(dir, c.key)
		fill(t, cfg, 2*perBlock)
		crashed(t, dir)
		for _, file := range c.files {
			for what, damage := range harm {
				t.Run(fmt.Sprintf("key %q, %s is %s", c.key, file, what), func(t *testing.T) {
					path := filepath.Join(dir, events, filepath.FromSlash(file))
					data, err := os.ReadFile(path)
					require.NoError(t, err)
					require.NoError(t, damage(path, data))
					reason := embedded.ErrDamaged
					if filepath.Ext(file) == ".key" && what == "changed" {
						reason = embedded.ErrWrongKey
					}
					require.Contains(t, requireRefused(t, cfg, reason), filepath.Base(file))
					require.NoError(t, os.WriteFile(path, data, 0o600))
				})
			}
		}
		requireMessages(t, cfg, 2*perBlock)
	}
}

func TestABlockThatCannotBeOpenedIsNotDeletedWithItsStream(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links need rights on windows")
	}
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "1.blk")
	fill(t, withKey(dir, ""), 5)
	crashed(t, dir)
	block := filepath.Join(dir, events, "msgs", "1.blk")
	require.NoError(t, os.Rename(block, elsewhere))
	require.NoError(t, os.Symlink(elsewhere+".not-mounted", block))
	requireRefused(t, withKey(dir, ""), fs.ErrNotExist)

	require.NoError(t, os.Remove(block))
	require.NoError(t, os.Rename(elsewhere, block))
	requireMessages(t, withKey(dir, ""), 5)
}

func TestAStreamNeedsItsMessages(t *testing.T) {
	dir := t.TempDir()
	fill(t, withKey(dir, ""), 5)
	msgs, elsewhere := filepath.Join(dir, events, "msgs"), filepath.Join(t.TempDir(), "msgs")
	require.NoError(t, os.Rename(msgs, elsewhere))
	requireRefused(t, withKey(dir, ""), embedded.ErrDamaged)
	if runtime.GOOS != "windows" { // where symbolic links need rights
		require.NoError(t, os.Symlink(elsewhere+".not-mounted", msgs))
		requireRefused(t, withKey(dir, ""), embedded.ErrDamaged)
		require.NoError(t, os.Remove(msgs))
	}
	require.NoError(t, os.Rename(elsewhere, msgs))
	requireMessages(t, withKey(dir, ""), 5)
}

func TestAFolderThatCannotBeWrittenIsNotDeleted(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("permissions are not modes on windows, and do not hold for root")
	}
	dir := t.TempDir()
	fill(t, withKey(dir, ""), 5)
	folder := filepath.Join(dir, events)
	require.NoError(t, os.Chmod(folder, 0o500))
	defer os.Chmod(folder, 0o700)
	requireRefused(t, withKey(dir, ""), fs.ErrPermission)

	require.NoError(t, os.Chmod(folder, 0o700))
	requireMessages(t, withKey(dir, ""), 5)
}

func TestStreamsOfAnAccountThatIsNotConfiguredAreNamed(t *testing.T) {
	dir := t.TempDir()
	fill(t, withKey(dir, ""), 5)
	other := embedded.Config{Dir: dir, Options: func(o *server.Options) {
		account := server.NewAccount("OTHER")
		o.Accounts = []*server.Account{account}
		o.Users = []*server.User{{Username: "u", Password: "p", Account: account}}
	}}
	requireRefused(t, other, embedded.ErrNotServed)
	requireMessages(t, withKey(dir, ""), 5)
}

func TestAllStreamsThatCannotBeRecoveredAreNamed(t *testing.T) {
	dir := t.TempDir()
	run(t, withKey(dir, "first"), func(js jetstream.JetStream) {
		for _, name := range []string{"A", "B", "C"} {
			_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: name, Subjects: []string{name}})
			require.NoError(t, err)
			_, err = js.Publish(t.Context(), name, nil)
			require.NoError(t, err)
		}
	})
	require.NoError(t, os.Remove(filepath.Join(dir, "jetstream", "$G", "streams", "B", "meta.sum")))
	_, err := embedded.Start(withKey(dir, "second"))
	refused, ok := errors.AsType[*embedded.NotRecoveredError](err)
	require.True(t, ok, "%v", err)
	var names []string
	for _, s := range refused.Streams {
		names = append(names, s.Stream)
	}
	require.Equal(t, []string{"A", "B", "C"}, names)

	_, err = embedded.Start(withKey(dir, "first"))
	refused, ok = errors.AsType[*embedded.NotRecoveredError](err)
	require.True(t, ok, "%v", err)
	require.Len(t, refused.Streams, 1)
	require.Equal(t, "B", refused.Streams[0].Stream)
}

func TestAnInterruptedCreationIsNoStream(t *testing.T) {
	beginnings := map[string]map[string]string{
		"a folder":         {},
		"an empty block":   {"msgs/1.blk": ""},
		"a key of a block": {"msgs/1.blk": "", "msgs/1.key": "sealed"},
		"an empty key":     {"msgs/1.blk": "", "meta.key": ""},
		"a key":            {"msgs/1.blk": "", "meta.key": "sealed"},
		"empty settings":   {"msgs/1.blk": "", "meta.inf": ""},
		"no checksum":      {"msgs/1.blk": "", "meta.inf": `{"name":"EVENTS"}`, "meta.sum.tmp": "12"},
	}
	for name, left := range beginnings {
		for _, key := range []string{"", "key"} {
			t.Run(fmt.Sprintf("%s, key %q", name, key), func(t *testing.T) {
				dir := t.TempDir()
				require.NoError(t, os.MkdirAll(filepath.Join(dir, events, "msgs"), 0o700))
				for file, data := range left {
					require.NoError(t, os.WriteFile(filepath.Join(dir, events, filepath.FromSlash(file)), []byte(data), 0o600))
				}
				fill(t, withKey(dir, key), 5)
				requireMessages(t, withKey(dir, key), 5)
			})
		}
	}
}

func TestAStreamWithAConsumerIsNoInterruptedCreation(t *testing.T) {
	dir := t.TempDir()
	run(t, withKey(dir, ""), func(js jetstream.JetStream) {
		stream, err := js.CreateStream(t.Context(), eventsConfig(1))
		require.NoError(t, err)
		_, err = stream.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: "reader"})
		require.NoError(t, err)
	})
	require.NoError(t, os.Truncate(filepath.Join(dir, events, "msgs", "1.blk"), 0))
	require.NoError(t, os.Remove(filepath.Join(dir, events, "msgs", "index.db")))
	sum := filepath.Join(dir, events, "meta.sum")
	data, err := os.ReadFile(sum)
	require.NoError(t, err)
	require.NoError(t, os.Remove(sum))
	requireRefused(t, withKey(dir, ""), embedded.ErrDamaged)

	require.NoError(t, os.WriteFile(sum, data, 0o600))
	requireMessages(t, withKey(dir, ""), 0)
}

func TestAStreamThatWasBeingDeletedIsNotMissed(t *testing.T) {
	dir := t.TempDir()
	fill(t, withKey(dir, "key"), 5)
	parent := filepath.Dir(filepath.Join(dir, events))
	require.NoError(t, os.Rename(filepath.Join(dir, events), filepath.Join(parent, ".EVENTS")))
	run(t, withKey(dir, "other"), func(js jetstream.JetStream) {
		_, err := js.Stream(context.Background(), "EVENTS")
		require.ErrorIs(t, err, jetstream.ErrStreamNotFound)
	})
}
