package net

import (
	"net"
	"strconv"
	"strings"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// isLocal reports whether a host is this one: RFC 6761 gives localhost and all names below it to
// the loopback interface. The empty host means this one in package net.
func isLocal(host string) bool {
	return host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// noHost reports whether no name server knows a host: RFC 6761 promises that for names below invalid, and
// no domain at the top is a number. Tests dial such hosts to see an error.
func noHost(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	_, err := strconv.Atoi(last)
	return net.ParseIP(host) == nil && (err == nil || last == "invalid")
}

// IsNotFound makes it permanent: a retry loop ends, as it does with the real error.
func notFound(host string) error {
	return &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// known returns the address of a host for which no name server is needed under control: an IP address, or
// localhost. For any other host it returns an error. If that host may exist, the schedule also gets a doubt, see
// elsewhere. To ask a name server would make the schedule depend on the network, and to invent an address would
// make a program connect to nothing.
func known(what, host string) (net.IP, error) {
	if isLocal(host) {
		return net.IPv4(127, 0, 0, 1), nil
	}
	ip := net.ParseIP(host)
	switch {
	case ip != nil:
		return ip, nil
	case noHost(host):
		return nil, notFound(host)
	}
	return nil, elsewhere(what, host, host, nil)
}

// LookupHost is net.LookupHost.
func LookupHost(host string) ([]string, error) {
	if !schedrt.Controlled() {
		return net.LookupHost(host)
	}
	ip, err := known("net.LookupHost", host)
	if err != nil {
		return nil, err
	}
	return []string{ip.String()}, nil
}

// LookupIP is net.LookupIP.
func LookupIP(host string) ([]net.IP, error) {
	if !schedrt.Controlled() {
		return net.LookupIP(host)
	}
	ip, err := known("net.LookupIP", host)
	if err != nil {
		return nil, err
	}
	return []net.IP{ip}, nil
}

// resolve replaces the host of an address by its IP address, for which package net asks no server.
// The rest, as the name of a port, is package net's own work: it reads a table in its code or a
// local file, and waits for nothing.
func resolve(what, address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || !schedrt.Controlled() {
		return address, nil
	}
	ip, err := known(what, host)
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(ip.String(), port), nil
}

// ResolveTCPAddr is net.ResolveTCPAddr.
func ResolveTCPAddr(network, address string) (*net.TCPAddr, error) {
	address, err := resolve("net.ResolveTCPAddr", address)
	if err != nil {
		return nil, err
	}
	return net.ResolveTCPAddr(network, address)
}

// ResolveUDPAddr is net.ResolveUDPAddr.
func ResolveUDPAddr(network, address string) (*net.UDPAddr, error) {
	address, err := resolve("net.ResolveUDPAddr", address)
	if err != nil {
		return nil, err
	}
	return net.ResolveUDPAddr(network, address)
}
