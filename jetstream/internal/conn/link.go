package conn

// Link is one connection to a server. While it stays the same, the stream's server has
// not started anew, as far as a client can know.
type Link struct {
	server string // its id; empty without a connection
	client uint64 // the connection's number there
	breaks uint64 // publishes that were not answered
}

// IsUp reports whether there is a connection.
func (l Link) IsUp() bool { return l.server != "" }

// Link returns what requests are sent over at the moment.
func (c *Conn) Link() Link {
	l := Link{server: c.nc.ConnectedServerId(), breaks: c.breaks.Load()}
	l.client, _ = c.nc.GetClientID() // 0 without a connection
	return l
}
