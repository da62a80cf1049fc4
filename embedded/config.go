package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
)

// Config says how a server runs. The zero Config is a server for a test: it keeps
// nothing, and only its own process can connect to it.
type Config struct {
	// Dir is the directory of the streams. Start creates it, for the owner only,
	// if it does not exist. Empty means a temporary directory that Close removes,
	// and to which nothing is synced, whatever LazySync is.
	Dir string

	// LazySync acknowledges a write before it is synced to disk. It is much
	// faster, but up to two minutes of acknowledged writes are lost if the machine
	// crashes (none if only the process does). By default every write is synced
	// before it is acknowledged. Start reports the loss of more than these two
	// minutes only; Close syncs everything. Members of a [Cluster] that sync lazily
	// and lose power together can come back with different messages at one position.
	LazySync bool

	// Verify reads every message of the event stores before each start, so that
	// one which is damaged or missing is a [LostEndError]. By default only the
	// last block of a store is read, or all if the server has no index and has to
	// read them itself. It takes as long as reading the files does, and does
	// nothing for stores that are encrypted.
	Verify bool

	// AcceptLoss names streams whose lost events are given up: Start logs what is
	// missing as a warning, instead of failing with a [LostEndError], and the
	// server keeps what it can read: of a damaged block what lies before the
	// damage. New events get the positions behind that. A name is for streams of
	// all accounts, and for any loss before any start, so take it out again.
	AcceptLoss []string

	// Staging is the folder in which a server puts the events of a commit together
	// before it writes them to the log; in memory it makes commits of several events
	// four to eight times as fast. What is there is of no use once the machine has
	// crashed: a commit that was cut off was not acked, and is void. Default a folder
	// of its own in /dev/shm, on Linux, if 32 MB are free there; a server whose
	// folder runs full goes on on the disk, and logs it. [StagingOnDisk] is the folder
	// of the stream, always. A server that is killed leaves its folder for the next
	// one to recover from, and to remove.
	Staging string

	// Listen is the address for clients outside the process, such as
	// "127.0.0.1:4222". With port 0 the system picks one, which Server.URL
	// returns. Empty opens no port. Any client that reaches the address can read
	// and write everything, unless Options sets up users.
	Listen string

	// Name is the server's name, without spaces. Default "embedded". The members
	// of a cluster are named Name-0, Name-1 and so on.
	Name string

	// Logger gets the server's warnings and errors; nil drops them. A consumer
	// that could not be recovered is reported nowhere else. The server may
	// hold locks when it logs: a handler must not use a connection to it.
	Logger *slog.Logger

	// Options sets what Config has no field for: users, TLS, limits,
	// encryption at rest. It is called before each start, for the members of a
	// cluster at the same time, with empty options: zero values there mean the
	// server's defaults. The fields of Config are applied afterwards and win.
	//
	// A JetStreamKey on a directory that is not encrypted encrypts it, block by
	// block, and is needed from then on. To change the key, set JetStreamOldKey
	// to the one before. Copy the directory first: a server that is killed while
	// it rewrites a block loses what is in it.
	Options func(*server.Options)

	noWitness bool // for a test, to lose events without noticing
}

// ErrInUse is the error of a directory on which another server runs, in this
// process or another one. It is wrapped in a [ConfigError].
var ErrInUse = errors.New("in use by another server")

// ConfigError reports a Config that no server can run with, and the field to
// change.
type ConfigError struct {
	Field string // the name of the field in Config
	Value string
	Err   error
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("embedded: config: %s %q: %v", e.Field, e.Value, e.Err)
}

func (e *ConfigError) Unwrap() error { return e.Err }

// check sets defaults, and returns an error for a config that cannot work before
// anything is written to disk.
func (c *Config) check() error {
	if c.Name == "" {
		c.Name = "embedded"
	}
	if strings.ContainsAny(c.Name, " \t\r\n") {
		return &ConfigError{Field: "Name", Value: c.Name, Err: errors.New("has spaces")}
	}
	if c.Listen == "" {
		return nil
	}
	// The server reports a bad address only after it has recovered its streams,
	// and as text. Listening for a moment reports it at once, as a typed error.
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return &ConfigError{Field: "Listen", Value: c.Listen, Err: err}
	}
	return l.Close()
}

// options returns the server's options for a checked Config and the directory of
// its streams.
func (c *Config) options(dir string) *server.Options {
	opts := &server.Options{}
	if c.Options != nil {
		c.Options(opts)
	}
	opts.ServerName = c.Name
	opts.JetStream = true
	opts.StoreDir = dir
	opts.SyncAlways = c.Dir != "" && !c.LazySync
	opts.NoSigs = true
	opts.DontListen = c.Listen == ""
	if !opts.DontListen {
		// Neither fails: check has listened on the address.
		host, service, _ := net.SplitHostPort(c.Listen)
		port, _ := net.LookupPort("tcp", service)
		if port == 0 {
			port = server.RANDOM_PORT
		}
		opts.Host, opts.Port = host, port
	}
	return opts
}

// clientURL returns the URL at which clients on this machine connect to ns, "" if
// it does not listen. It replaces an unspecified host, to which not every system
// can connect.
func clientURL(ns *server.Server) string {
	addr, ok := ns.Addr().(*net.TCPAddr)
	if !ok {
		return ""
	}
	u, err := url.Parse(ns.ClientURL())
	if err == nil && addr.IP.IsUnspecified() {
		u.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(addr.Port))
	}
	return u.String()
}
