package etcd

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/semabench/semabench/impls/cluster"
)

func client(t testing.TB) *clientv3.Client {
	t.Helper()
	c, err := clientv3.New(clientv3.Config{Endpoints: server.Endpoints()})
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestNoServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := l.Addr().String()
	must(t, l.Close())
	e, err := Dial(clientv3.Config{Endpoints: []string{"http://" + address}})
	must(t, err)
	defer e.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = cluster.Open(ctx, e, "x", 1, cluster.Options{TTL: time.Second})
	wantError(t, err, nil, address, "connection refused", "check that the endpoints")
}

// A server whose certificate has expired is refused by TLS, before etcd is asked. So the listener
// here needs to be no etcd.
func TestExpiredCertificate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	past := time.Now().Add(-time.Hour)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: past.Add(-time.Hour), NotAfter: past,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	must(t, err)
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _ = c.(*tls.Conn).Handshake(); _ = c.Close() }()
		}
	}()
	roots := x509.NewCertPool()
	certificate, err := x509.ParseCertificate(der)
	must(t, err)
	roots.AddCert(certificate)
	e, err := Dial(clientv3.Config{Endpoints: []string{"https://" + l.Addr().String()},
		TLS: &tls.Config{RootCAs: roots}})
	must(t, err)
	defer e.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = cluster.Open(ctx, e, "x", 1, cluster.Options{TTL: time.Second})
	wantError(t, err, nil, l.Addr().String(), "certificate has expired", "renew or correct the certificate")
}

func TestWrongPassword(t *testing.T) {
	s, err := Embedded("")
	must(t, err)
	defer s.Close()
	admin, err := clientv3.New(clientv3.Config{Endpoints: s.Endpoints()})
	must(t, err)
	defer admin.Close()
	ctx := t.Context()
	_, err = admin.RoleAdd(ctx, "root")
	must(t, err)
	for _, user := range []string{"root", "guest"} {
		_, err = admin.UserAdd(ctx, user, "right")
		must(t, err)
	}
	_, err = admin.UserGrantRole(ctx, "root", "root")
	must(t, err)
	_, err = admin.AuthEnable(ctx)
	must(t, err)

	config := clientv3.Config{Endpoints: s.Endpoints(), Username: "root", Password: "wrong"}
	e, err := Dial(config)
	if err == nil { // this version of the client authenticates with the first request
		_, err = cluster.Open(ctx, e, "x", 1, cluster.Options{TTL: time.Second})
		_ = e.Close()
	}
	wantError(t, err, nil, s.Endpoints()[0], "check Username and Password")

	config.Username, config.Password = "guest", "right"
	e, err = Dial(config)
	must(t, err)
	defer e.Close()
	_, err = cluster.Open(ctx, e, "x", 1, cluster.Options{TTL: time.Second})
	wantError(t, err, nil, s.Endpoints()[0], "key semabench/x/size", "permission denied", "grant the user readwrite")

	config.Username = "root"
	e, err = Dial(config)
	must(t, err)
	defer e.Close()
	acquire(t, open(t, e, "x", 1, 10*time.Second), 1)
}

func TestOtherSizeAndFormat(t *testing.T) {
	e, c := newEngine(t), client(t)
	name := newName(t)
	s := open(t, e, name, 3, 10*time.Second)
	o := cluster.Options{TTL: 10 * time.Second}
	_, err := cluster.Open(t.Context(), e, name, 5, o)
	wantError(t, err, cluster.ErrSize, server.Endpoints()[0], keysOf(name).size(), "size 3", "and 5 was asked for",
		"open it with size 3")
	must(t, s.Resize(t.Context(), 5))
	for _, size := range []int64{3, 5} { // the size at the start, as in a configuration file, and the size now
		open(t, e, name, size, 10*time.Second)
	}

	for _, value := range []string{"v2 size 3 made 3", "v1 size three made 3", "", "v1 size -3 made 3",
		"v1 size 99999999 made 3", "{}"} {
		bad := newName(t)
		_, err = c.Put(t.Context(), keysOf(bad).size(), value)
		must(t, err)
		_, err = cluster.Open(t.Context(), e, bad, 3, o)
		wantError(t, err, cluster.ErrFormat, server.Endpoints()[0], keysOf(bad).size(), "use one version")
	}
	for _, value := range []string{"v2 0", "v1", "v1 ", "v1 1-0", "v1 3,3", "v1 -1", "v1 0-99999999"} {
		bad := newName(t)
		b := open(t, e, bad, 3, 10*time.Second)
		_, err = c.Put(t.Context(), keysOf(bad).held("x"), value)
		must(t, err)
		_, err = b.Acquire(t.Context(), 1)
		wantError(t, err, cluster.ErrFormat, server.Endpoints()[0], keysOf(bad).held("x"))
		if _, err := b.Stats(t.Context()); !errors.Is(err, cluster.ErrFormat) {
			t.Errorf("Stats with a permit of the value %q = %v", value, err)
		}
	}
}

// Keys that a person deletes end what they stood for, with an error that names the key. Nothing hangs.
func TestDeletedKeys(t *testing.T) {
	e, c := newEngine(t), client(t)
	remove := func(t *testing.T, key string, opts ...clientv3.OpOption) {
		t.Helper()
		r, err := c.Delete(t.Context(), key, opts...)
		must(t, err)
		if r.Deleted == 0 {
			t.Fatalf("no key %s", key)
		}
	}
	t.Run("held", func(t *testing.T) {
		name := newName(t)
		k := keysOf(name)
		s := open(t, e, name, 1, time.Second)
		l, other := acquire(t, s, 1), open(t, e, name, 1, 5*time.Second)
		remove(t, k.held(""), clientv3.WithPrefix())
		newer := acquire(t, other, 1) // the key was the only obstacle
		<-l.Done()
		wantError(t, l.Err(), cluster.ErrLost, "deleted by hand", "acquire again")
		wantError(t, l.Release(t.Context()), cluster.ErrLost)
		var g cluster.Guard
		must(t, g.Check(l.Fences()...))
		must(t, g.Check(newer.Fences()...))
		wantError(t, g.Check(l.Fences()...), cluster.ErrStale, "slot 0", "acquire again")
		must(t, newer.Release(t.Context()))
		must(t, acquire(t, s, 1).Release(t.Context())) // the session has not ended
	})
	t.Run("held-and-released", func(t *testing.T) {
		name := newName(t)
		l := acquire(t, open(t, e, name, 1, 10*time.Second), 1)
		remove(t, keysOf(name).held(""), clientv3.WithPrefix())
		wantError(t, l.Release(t.Context()), cluster.ErrLost, "another holder may have had")
	})
	t.Run("wait", func(t *testing.T) {
		name := newName(t)
		s := open(t, e, name, 1, 10*time.Second)
		held := acquire(t, s, 1)
		results := make(chan error)
		for i := range 2 {
			go func() {
				_, err := s.Acquire(t.Context(), 1)
				results <- err
			}()
			waitersAre(t, s, int64(i+1))
		}
		remove(t, keysOf(name).wait(""), clientv3.WithPrefix())
		must(t, held.Release(t.Context()))
		for range 2 {
			wantError(t, <-results, cluster.ErrLost, keysOf(name).wait(""))
		}
	})
	t.Run("size-before-resize", func(t *testing.T) {
		name := newName(t)
		s := open(t, e, name, 1, 30*time.Second)
		remove(t, keysOf(name).size())
		wantError(t, s.Resize(t.Context(), 2), cluster.ErrLost, keysOf(name).size())
		if err := s.Resize(t.Context(), 2); err == nil {
			t.Error("a second Resize succeeded")
		}
	})
	for _, which := range []string{"size", "user"} {
		t.Run(which, func(t *testing.T) {
			name := newName(t)
			s := open(t, e, name, 1, time.Second)
			held := acquire(t, s, 1)
			result := make(chan error)
			go func() {
				_, err := s.Acquire(t.Context(), 1)
				result <- err
			}()
			waitersAre(t, s, 1)
			remove(t, keysOf(name).base+which, clientv3.WithPrefix())
			wantError(t, <-result, cluster.ErrLost, keysOf(name).base+which)
			<-held.Done()
			<-s.Done()
		})
	}
}
