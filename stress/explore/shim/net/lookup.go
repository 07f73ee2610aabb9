package net

import (
	"net"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// known reports whether the address of a host is known without a name server: an IP address, or
// localhost. Under control other hosts are refused.
func known(what, host string) (net.IP, bool) {
	if !schedrt.Controlled() {
		return nil, false
	}
	if host == "localhost" || host == "" {
		return net.IPv4(127, 0, 0, 1), true
	}
	if ip := net.ParseIP(host); ip != nil {
		return ip, true
	}
	schedrt.Refuse(what + " of " + host + " is not under control: use localhost, or an IP address")
	return nil, false
}

// LookupHost is net.LookupHost.
func LookupHost(host string) ([]string, error) {
	if ip, ok := known("net.LookupHost", host); ok {
		return []string{ip.String()}, nil
	}
	return net.LookupHost(host)
}

// LookupIP is net.LookupIP.
func LookupIP(host string) ([]net.IP, error) {
	if ip, ok := known("net.LookupIP", host); ok {
		return []net.IP{ip}, nil
	}
	return net.LookupIP(host)
}

// resolve replaces the host of an address by its IP address, for which package net asks no server.
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
