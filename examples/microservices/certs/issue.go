package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"time"
)

// lifetime is short: the example is run for a day, not for years.
const lifetime = 30 * 24 * time.Hour

// issue makes an authority, and has it vouch for a server.
func issue(now time.Time) (files, error) {
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return files{}, err
	}
	authority := certificate("microservices example authority", now)
	authority.IsCA = true
	authority.BasicConstraintsValid = true
	authority.MaxPathLenZero = true // it vouches for servers, not for other authorities
	authority.KeyUsage = x509.KeyUsageCertSign
	authorityDER, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	if err != nil {
		return files{}, err
	}
	if authority, err = x509.ParseCertificate(authorityDER); err != nil {
		return files{}, err
	}

	serverKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return files{}, err
	}
	server := certificate("microservices example server", now)
	server.KeyUsage = x509.KeyUsageDigitalSignature
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	server.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	server.DNSNames = []string{"localhost"}
	serverDER, err := x509.CreateCertificate(rand.Reader, server, authority, serverKey.Public(), authorityKey)
	if err != nil {
		return files{}, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(serverKey)
	return files{authority: authorityDER, server: serverDER, key: keyDER}, err
}

func certificate(name string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-time.Hour), // clocks differ
		NotAfter:     now.Add(lifetime),
	}
}

// serial returns a number that no other certificate has.
func serial() *big.Int {
	n := make([]byte, 16)
	_, _ = rand.Read(n) // it never fails
	return new(big.Int).SetBytes(n)
}
