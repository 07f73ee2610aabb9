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

// known reports whether the address of a host is known without a name server: an IP address, or
// localhost. Under control other hosts are refused. To ask a name server would make the schedule
// depend on the network, and to invent an address would make a program connect to nothing. An error
// would be wrong as well, as the host may exist.
func known(what, host string) (net.IP, bool) {
	if !schedrt.Controlled() {
		return nil, false
	}
	if isLocal(host) {
		return net.IPv4(127, 0, 0, 1), true
	}
	if ip := net.ParseIP(host); ip != nil {
		return ip, true
	}
	schedrt.Refuse(what + " of " + host + " is not under control: use localhost, or an IP address")
	return nil, false
}

// LookupHost is net.LookupHost. A host that cannot exist has its error under control, too, and
// needs no server for it.
func LookupHost(host string) ([]string, error) {
	if schedrt.Controlled() && noHost(host) {
		return nil, notFound(host)
	}
	if ip, ok := known("net.LookupHost", host); ok {
		return []string{ip.String()}, nil
	}
	return net.LookupHost(host)
}

// LookupIP is net.LookupIP.
func LookupIP(host string) ([]net.IP, error) {
	if schedrt.Controlled() && noHost(host) {
		return nil, notFound(host)
	}
	if ip, ok := known("net.LookupIP", host); ok {
		return []net.IP{ip}, nil
	}
	return net.LookupIP(host)
}

// resolve replaces the host of an address by its IP address, for which package net asks no server.
// The rest, as the name of a port, is package net's own work: it reads a table in its code or a
// local file, and waits for nothing.
func resolve(what, address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" {
		return address
	}
	if ip, ok := known(what, host); ok {
		return net.JoinHostPort(ip.String(), port)
	}
	return address
}

// ResolveTCPAddr is net.ResolveTCPAddr.
func ResolveTCPAddr(network, address string) (*net.TCPAddr, error) {
	return net.ResolveTCPAddr(network, resolve("net.ResolveTCPAddr", address))
}

// ResolveUDPAddr is net.ResolveUDPAddr.
func ResolveUDPAddr(network, address string) (*net.UDPAddr, error) {
	return net.ResolveUDPAddr(network, resolve("net.ResolveUDPAddr", address))
}
