package microservices

import (
	"flag"
	"fmt"
	"log/slog"
	"os"

	"github.com/nats-io/nats.go"
)

// Server is where the server is, and what it is known by.
type Server struct {
	URL string
	CA  string // file with the certificate of the authority that vouches for it
}

// Flags adds the flags that say where the server is.
func (s *Server) Flags(flags *flag.FlagSet) {
	flags.StringVar(&s.URL, "nats", "tls://127.0.0.1:4222", "`URL` of the server")
	flags.StringVar(&s.CA, "ca", "microservices-data/ca.pem", "`file` with the certificate of the authority")
}

// Connect connects as a user. The password is that of nats.conf, unless
// NATS_PASSWORD says another.
func (s *Server) Connect(user string, more ...nats.Option) (*nats.Conn, error) {
	password := os.Getenv("NATS_PASSWORD")
	if password == "" {
		password = user + "-password"
	}
	options := []nats.Option{
		nats.Name(user),
		nats.UserInfo(user, password),
		nats.RootCAs(s.CA),
		// Not even the server's greeting goes over the wire in the clear.
		nats.TLSHandshakeFirst(),
		// Answers come to subjects that no other user may subscribe to.
		nats.CustomInboxPrefix(Inbox(user)),
		nats.MaxReconnects(-1),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			slog.Error("connection", "user", user, "error", err)
		}),
	}
	nc, err := nats.Connect(s.URL, append(options, more...)...)
	if err != nil {
		return nil, fmt.Errorf("connect to %s as %s: %w", s.URL, user, err)
	}
	return nc, nil
}

// Inbox is the prefix of the subjects on which a user is answered.
func Inbox(user string) string { return "_INBOX_" + user }
