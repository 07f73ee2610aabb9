package schedrt

import "unsafe"

// A Pool is the model of a sync.Pool. It gives back what was put in last, or nothing, as the real one
// may: which is for the schedule. It begins anew in every execution, as what the real one keeps
// depends on more than that.
type Pool struct {
	object Object
	items  []*pooled
}

// pooled has an address that orders the Put of something before the Get of it, and nothing else.
type pooled struct{ x any }

func (p *Pool) begin(kind Kind) *G {
	e := active
	g := e.begin(kind)
	if e.number(&p.object) {
		p.items = nil
	}
	g.on(&p.object, Write)
	e.point(g)
	return g
}

// Get takes something out, to be called under control only.
func (p *Pool) Get() any {
	e := active
	g := p.begin(OpGet)
	last := len(p.items) - 1
	if last < 0 {
		e.Trace.weaken()
		return nil
	}
	if e.choose(g, 2) == 1 {
		return nil
	}
	item := p.items[last]
	p.items[last] = nil
	p.items = p.items[:last]
	raceAcquire(unsafe.Pointer(item))
	e.changed(g, &p.object)
	return item.x
}

// Put puts something in, to be called under control only.
func (p *Pool) Put(x any) {
	g := p.begin(OpPut)
	item := &pooled{x}
	raceRelease(unsafe.Pointer(item))
	p.items = push(p.items, item)
	active.changed(g, &p.object)
}
