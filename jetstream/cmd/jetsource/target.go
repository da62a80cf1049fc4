package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/synadia-io/orbit.go/natscontext"
)

// target says where the store is.
type target struct {
	server, context string
	creds, nkey     string
	user, password  string
	cert, key, ca   string
	denied          func(error) // called when the server refuses something
	stream, domain  string
	timeout         time.Duration
}

func (t *target) flags(set *flag.FlagSet) {
	set.StringVar(&t.server, "server", "", "URLs of servers, with commas")
	set.StringVar(&t.server, "s", "", "short for --server")
	set.StringVar(&t.context, "context", "", "NATS context, as nats context ls lists them")
	set.StringVar(&t.creds, "creds", "", "credentials file")
	set.StringVar(&t.nkey, "nkey", "", "file with the seed of an nkey")
	set.StringVar(&t.user, "user", "", "user")
	set.StringVar(&t.password, "password", "", "password; better in a context, or $NATS_PASSWORD")
	set.StringVar(&t.cert, "tlscert", "", "file of the client's certificate")
	set.StringVar(&t.key, "tlskey", "", "file of the client's key")
	set.StringVar(&t.ca, "tlsca", "", "file of the certificate authority")
	set.StringVar(&t.stream, "stream", "EVENTS", "stream of the store")
	set.StringVar(&t.domain, "domain", "", "JetStream domain of the store")
	set.DurationVar(&t.timeout, "timeout", 10*time.Second, "how long to wait for a server")
}

// connect connects to a server, by the context if there is one.
func (t *target) connect(more ...nats.Option) (*nats.Conn, error) {
	opts, err := t.options()
	if err != nil {
		return nil, err
	}
	return t.dial(t.server, append(opts, more...))
}

// dial connects to the servers of a URL; of an empty one to those of the context, or of the
// environment. The user of the context is that of the connection in any case.
func (t *target) dial(url string, opts []nats.Option) (*nats.Conn, error) {
	if t.context != "" || t.server == "" && hasSelected() {
		if url != "" {
			opts = append(opts, withServers(url))
		}
		nc, settings, err := natscontext.Connect(t.context, opts...)
		if err != nil {
			return nil, fmt.Errorf("context %q: %w; nats context ls lists those there are", t.context, err)
		}
		if t.domain == "" {
			t.domain = settings.JSDomain
		}
		return nc, nil
	}
	if url == "" {
		url = os.Getenv("NATS_URL")
	}
	if url == "" {
		url = nats.DefaultURL
	}
	nc, err := nats.Connect(url, opts...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; --server or --context says where the server is", url, err)
	}
	return nc, nil
}

// withServers replaces the servers of a context.
func withServers(urls string) nats.Option {
	return func(o *nats.Options) error {
		o.Url, o.Servers = "", strings.Split(urls, ",")
		return nil
	}
}

func (t *target) options() ([]nats.Option, error) {
	opts := []nats.Option{nats.Name("jetsource"), nats.Timeout(t.timeout), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
		// A consumer that may not be deleted is dropped by the server within seconds.
		if errors.Is(err, nats.ErrPermissionViolation) && t.denied != nil && !strings.Contains(err.Error(), ".CONSUMER.DELETE.") {
			t.denied(fmt.Errorf("the user lacks a right: %w", err)) // else nothing would come until the timeout
		}
	})}
	password := t.password
	if password == "" {
		password = os.Getenv("NATS_PASSWORD")
	}
	if t.user != "" {
		opts = append(opts, nats.UserInfo(t.user, password))
	}
	if t.creds != "" {
		opts = append(opts, nats.UserCredentials(t.creds))
	}
	if t.nkey != "" {
		opt, err := nats.NkeyOptionFromSeed(t.nkey)
		if err != nil {
			return nil, fmt.Errorf("--nkey %s: %w", t.nkey, err)
		}
		opts = append(opts, opt)
	}
	if (t.cert == "") != (t.key == "") {
		return nil, &usageError{"--tlscert and --tlskey belong together"}
	}
	if t.cert != "" {
		opts = append(opts, nats.ClientCert(t.cert, t.key))
	}
	if t.ca != "" {
		opts = append(opts, nats.RootCAs(t.ca))
	}
	return opts, nil
}

// hasSelected reports whether a NATS context is selected.
func hasSelected() bool {
	dir := os.Getenv("XDG_CONFIG_HOME")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return false
		}
		dir = filepath.Join(home, ".config")
	}
	_, err := os.Stat(filepath.Join(dir, "nats", "context.txt"))
	return !errors.Is(err, os.ErrNotExist)
}
