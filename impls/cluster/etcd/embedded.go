package etcd

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
)

// A Server is an etcd server in this process.
type Server struct {
	etcd      *embed.Etcd
	endpoints []string
	temporary string // directory to remove on Close
}

// Embedded starts an etcd server in this process, with its data in dir, and its ports chosen by the
// system, on the loopback interface only. An empty dir is a temporary directory that Close removes.
// It is for tests, and for programs on one machine that may move to several machines later: one
// server does not survive the loss of its machine.
//
// A server with a temporary directory does not flush its log to the disk, as no process reads it again.
func Embedded(dir string) (*Server, error) {
	s := &Server{}
	if dir == "" {
		var err error
		if s.temporary, err = os.MkdirTemp("", "semabench-etcd-"); err != nil {
			return nil, fmt.Errorf("etcd: directory for the server: %w", err)
		}
		dir = s.temporary
	}
	c := quietConfig(filepath.Clean(dir))
	c.UnsafeNoFsync = s.temporary != ""
	free := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	c.ListenClientUrls, c.AdvertiseClientUrls = []url.URL{free}, []url.URL{free}
	// A single server has no peers. It still insists on an address for them.
	c.ListenPeerUrls, c.AdvertisePeerUrls = []url.URL{free}, []url.URL{free}
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	if err := s.start(c); err != nil {
		return nil, err
	}
	return s, nil
}

// quietConfig is a configuration with elections that suit one server without peers: 200 ms instead
// of a second. That also makes the smallest TTL one second instead of two, because etcd grants no
// lease below one and a half elections, in whole seconds.
func quietConfig(dir string) *embed.Config {
	c := embed.NewConfig()
	c.Dir = dir
	c.Name = "semabench"
	c.LogLevel, c.LogOutputs = "panic", []string{"stderr"}
	c.TickMs, c.ElectionMs = 20, 200
	return c
}

// start waits until the server answers. If the server does not answer, start removes everything.
// The 30 s are no bound of etcd, which starts in a fraction of a second: they tell a server that
// hangs, for example on a disk that is full, from a slow machine.
func (s *Server) start(c *embed.Config) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("etcd: server in %s: %w", c.Dir, err), s.Close())
		}
	}()
	if s.etcd, err = embed.StartEtcd(c); err != nil {
		return err
	}
	select {
	case <-s.etcd.Server.ReadyNotify():
	case err := <-s.etcd.Err():
		return err
	case <-time.After(30 * time.Second):
		return errors.New("not ready after 30 s")
	}
	for _, l := range s.etcd.Clients {
		s.endpoints = append(s.endpoints, "http://"+l.Addr().String())
	}
	return nil
}

// Endpoints returns the addresses of the server for clients.
func (s *Server) Endpoints() []string { return s.endpoints }

// Engine connects to the server.
func (s *Server) Engine() (*Engine, error) { return Dial(clientv3.Config{Endpoints: s.endpoints}) }

// Close stops the server.
func (s *Server) Close() error {
	if s.etcd != nil {
		s.etcd.Close()
	}
	if s.temporary != "" {
		return os.RemoveAll(s.temporary)
	}
	return nil
}
