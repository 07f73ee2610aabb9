package etcd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
)

// nodeVariable makes a process one server of a Local cluster. Its value is a nodeConfig.
const nodeVariable = "SEMABENCH_ETCD_NODE"

type nodeConfig struct {
	Name, Dir      string
	Client, Peer   string // addresses to listen on
	Advertise      string // the address at which the other servers reach Peer
	InitialCluster string
}

// ServeNode must be the first call of main, or of TestMain, in a program that calls Local. In a
// process that Local has started as a server, it serves and does not return.
//
// The servers are copies of the calling program, so that no etcd has to be installed. They are
// processes and not goroutines, because only a process can be killed or stopped in the middle of a
// write.
func ServeNode() {
	text := os.Getenv(nodeVariable)
	if text == "" {
		return
	}
	var n nodeConfig
	err := json.Unmarshal([]byte(text), &n)
	if err == nil {
		err = n.serve()
	}
	fmt.Fprintln(os.Stderr, "etcd: server of a local cluster:", err)
	os.Exit(1)
}

func (n nodeConfig) serve() error {
	c := quietConfig(n.Dir)
	c.Name = n.Name
	// Elections take ten times as long as in one process: servers that compete for the cores of one
	// machine must not depose each other all the time.
	c.TickMs, c.ElectionMs = 100, 1000
	address := func(host string) []url.URL { return []url.URL{{Scheme: "http", Host: host}} }
	c.ListenClientUrls, c.AdvertiseClientUrls = address(n.Client), address(n.Client)
	c.ListenPeerUrls, c.AdvertisePeerUrls = address(n.Peer), address(n.Advertise)
	c.InitialCluster = n.InitialCluster
	s, err := embed.StartEtcd(c)
	if err != nil {
		return err
	}
	// The parent holds the other end of the pipe and writes nothing. The system closes that end
	// when the parent ends, also after a kill, which no handler of a signal could see.
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		s.Close()
		os.Exit(0)
	}()
	return <-s.Err()
}

// Nodes are the servers of a cluster on this machine, each in a process of its own. They are for
// tests and demonstrations: they share one disk and one power supply.
type Nodes struct {
	dir   string
	nodes []*node
}

type node struct {
	config nodeConfig
	cmd    *exec.Cmd
	stdin  io.Closer
}

// Local starts n servers, each in a process of its own, and waits until they answer. The processes run
// the program of the caller, which must call ServeNode first.
func Local(n int) (*Nodes, error) { return local(n, nil) }

// local lets a test prepare each server before it starts: put a proxy before its peer address, or mount
// a file system at its folder.
func local(n int, prepare func(*nodeConfig) error) (_ *Nodes, err error) {
	c := &Nodes{}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("etcd: local cluster: %w", err), c.Close())
		}
	}()
	if c.dir, err = os.MkdirTemp("", "semabench-nodes-"); err != nil {
		return nil, err
	}
	addresses, err := freeAddresses(2 * n)
	if err != nil {
		return nil, err
	}
	var initial []string
	for i := range n {
		config := nodeConfig{Name: fmt.Sprintf("n%d", i), Client: addresses[2*i], Peer: addresses[2*i+1]}
		config.Dir = filepath.Join(c.dir, config.Name)
		config.Advertise = config.Peer
		if prepare != nil {
			if err = prepare(&config); err != nil {
				return nil, err
			}
		}
		initial = append(initial, config.Name+"=http://"+config.Advertise)
		c.nodes = append(c.nodes, &node{config: config})
	}
	for i := range c.nodes {
		c.nodes[i].config.InitialCluster = strings.Join(initial, ",")
		if err := c.Start(i); err != nil {
			return nil, err
		}
	}
	return c, c.ready()
}

// freeAddresses asks the system for ports of the loopback interface. The servers need to know all
// ports before the first one starts, so another program could take one meanwhile; Local fails then.
func freeAddresses(n int) (addresses []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // after the last one, or the system would give the same port again
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}

// Start starts server i again after Kill, with the data that it had. It gets the same addresses, as
// the other servers know them, and the same InitialCluster, which etcd ignores once a server has
// data.
func (c *Nodes) Start(i int) error {
	n := c.nodes[i]
	self, err := os.Executable()
	if err != nil {
		return err
	}
	text, err := json.Marshal(n.config)
	if err != nil {
		return err
	}
	n.cmd = exec.Command(self)
	n.cmd.Env = append(os.Environ(), nodeVariable+"="+string(text))
	n.cmd.Stderr = os.Stderr
	if n.stdin, err = n.cmd.StdinPipe(); err != nil {
		return err
	}
	return n.cmd.Start()
}

// ready waits until a client can connect to each server. A server listens only when it has joined.
func (c *Nodes) ready() error {
	deadline := time.Now().Add(time.Minute)
	for _, n := range c.nodes {
		for {
			conn, err := net.DialTimeout("tcp", n.config.Client, time.Second)
			if err == nil {
				_ = conn.Close()
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("server %s does not answer: %w (the program must call etcd.ServeNode first)",
					n.config.Name, err)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return nil
}

// Process returns the process of server i, for signals.
func (c *Nodes) Process(i int) *os.Process { return c.nodes[i].cmd.Process }

// Kill ends the process of server i by SIGKILL, so it can neither flush its files nor tell its
// peers. The pipe is closed last: the server would otherwise end in good order when it reads the
// end of the file.
func (c *Nodes) Kill(i int) error {
	n := c.nodes[i]
	if err := n.cmd.Process.Kill(); err != nil {
		return err
	}
	_ = n.cmd.Wait() // it reports the signal
	return n.stdin.Close()
}

// Endpoints returns the addresses of all servers for clients.
func (c *Nodes) Endpoints() (endpoints []string) {
	for _, n := range c.nodes {
		endpoints = append(endpoints, "http://"+n.config.Client)
	}
	return endpoints
}

// Engine connects to all servers.
func (c *Nodes) Engine() (*Engine, error) { return Dial(clientv3.Config{Endpoints: c.Endpoints()}) }

// Close kills all servers and removes their data.
func (c *Nodes) Close() error {
	for i, n := range c.nodes {
		if n.cmd != nil && n.cmd.ProcessState == nil && n.cmd.Process != nil {
			_ = c.Kill(i)
		}
	}
	return os.RemoveAll(c.dir)
}
