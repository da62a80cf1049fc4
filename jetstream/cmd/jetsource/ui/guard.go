package ui

import (
	"crypto/subtle"
	"embed"
	"encoding/json"
	"io/fs"
	"net"
	"net/http"
	"strings"
)

//go:embed page
var files embed.FS

// policy lets the page load what is its own, and nothing else. No text can become markup or
// a script: the browser refuses it, whatever the page does.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// page serves the files that are in the binary.
func page() http.Handler {
	root, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // the name above is wrong
	}
	return http.FileServerFS(root)
}

// guard refuses what other pages of the browser ask for: those whose name leads to this
// machine, by the Host header, and all others, by what the browser says of them.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cache-Control", "no-store")
		if !s.hosts[strings.ToLower(r.Host)] {
			fail(w, &requestError{http.StatusForbidden, "this is not the host that was asked for; a tunnel needs the same port on both sides"})
			return
		}
		site := r.Header.Get("Sec-Fetch-Site")
		if strings.HasPrefix(r.URL.Path, "/api/") && site != "" && site != "same-origin" && site != "none" {
			fail(w, &requestError{http.StatusForbidden, "another page asks"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// readOrder reads what is to be written, if the page may write.
func (s *server) readOrder(w http.ResponseWriter, r *http.Request, order any) error {
	if err := s.mayWrite(r); err != nil {
		return err
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4*mostReason)).Decode(order); err != nil {
		return &requestError{http.StatusBadRequest, "the request cannot be read: " + err.Error()}
	}
	return nil
}

// mayWrite checks that a request to write comes from the page that was opened by the
// address that was printed.
func (s *server) mayWrite(r *http.Request) error {
	if s.token == "" {
		return &requestError{http.StatusForbidden, "this page only reads: start it with --write"}
	}
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("Jetsource-Token")), []byte(s.token)) != 1 {
		return &requestError{http.StatusForbidden, "this page may not write: open the address that jetsource ui printed"}
	}
	if r.Header.Get("Content-Type") != "application/json" {
		return &requestError{http.StatusUnsupportedMediaType, "it must be JSON"}
	}
	return nil
}

// ownHosts returns the Host headers of requests to a listener: its address, or each of the
// machine's if it listens on all, "localhost", and the name that it was given.
func ownHosts(addr net.Addr, listen string) map[string]bool {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return nil
	}
	hosts := map[string]bool{net.JoinHostPort(host, port): true}
	if name, _, err := net.SplitHostPort(listen); err == nil && name != "" {
		hosts[strings.ToLower(net.JoinHostPort(name, port))] = true
	}
	ip := net.ParseIP(host)
	if ip.IsUnspecified() {
		addrs, _ := net.InterfaceAddrs()
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok {
				hosts[net.JoinHostPort(n.IP.String(), port)] = true
			}
		}
	}
	if ip.IsUnspecified() || ip.IsLoopback() {
		hosts[net.JoinHostPort("localhost", port)] = true
	}
	if port == "80" {
		for h := range hosts {
			hosts[strings.TrimSuffix(h, ":80")] = true
		}
	}
	return hosts
}
