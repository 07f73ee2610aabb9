package net

import (
	"context"
	"net"
	"reflect"
)

// A program sees the steps of a dial by the hooks of net/http/httptrace. The hooks travel in the context, behind
// a key of a package that only the standard library may import. The hooks are called here as package net
// calls them. Without these calls, a test of its hooks would fail, or pass, for the lack of them.

// traceKey is the key of the hooks in a context. Package net does not export it, but a dial reveals it: the dial
// asks its context for the hooks first, and this context notes the key. The dial then fails before it uses the
// network, as the address is missing. If a later Go asks in another way, traceKey is nil, and no hook is called.
var traceKey = func() any {
	f := &keyFinder{Context: context.Background()}
	if c, err := new(net.Dialer).DialContext(f, "tcp", ""); err == nil {
		c.Close()
	}
	return f.key
}()

// A keyFinder notes the key of hooks.
type keyFinder struct {
	context.Context
	key any
}

// Value recognizes the key by its name: a dial may ask for other values, too.
func (f *keyFinder) Value(key any) any {
	if t := reflect.TypeOf(key); t != nil && t.String() == "nettrace.TraceKey" {
		f.key = key
	}
	return f.Context.Value(key)
}

// hook returns a hook of a context by its name, nil if there is none. F is its type.
func hook[F any](ctx context.Context, name string) (f F) {
	v := reflect.ValueOf(ctx.Value(traceKey))
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return f
	}
	if field := v.Elem().FieldByName(name); field.IsValid() {
		f, _ = field.Interface().(F)
	}
	return f
}

// traceDial calls the hooks at the beginning of a dial of address, which is a for package net: the hooks for a
// host that is a name, and ConnectStart. It returns the function to call at the end, for ConnectDone.
// Hooks are code of the program, so they are called between steps, and may have steps of their own.
func traceDial(ctx context.Context, network, address string, a net.Addr) (done func(error)) {
	if traceKey == nil || ctx.Value(traceKey) == nil {
		return func(error) {}
	}
	if host, _, err := net.SplitHostPort(address); err == nil && host != "" && net.ParseIP(host) == nil {
		if f := hook[func(string)](ctx, "DNSStart"); f != nil {
			f(host)
		}
		if f := hook[func([]any, bool, error)](ctx, "DNSDone"); f != nil {
			f([]any{net.IPAddr{IP: net.IPv4(127, 0, 0, 1)}}, false, nil)
		}
	}
	if f := hook[func(string, string)](ctx, "ConnectStart"); f != nil {
		f(network, a.String())
	}
	return func(err error) {
		if f := hook[func(string, string, error)](ctx, "ConnectDone"); f != nil {
			f(network, a.String(), err)
		}
	}
}
