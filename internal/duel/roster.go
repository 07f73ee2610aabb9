package duel

import "sync"

// A roster remembers which benchmarks a pattern selects: to ask costs a process.
type roster struct {
	mu    sync.Mutex
	known map[string][]string
}

// of returns what a pattern selects: names that were found are known by their own patterns.
func (r *roster) of(key, own string) ([]string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if names, ok := r.known[own]; ok {
		return names, true
	}
	names, ok := r.known[key]
	return names, ok
}

func (r *roster) learn(key string, names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = map[string][]string{}
	}
	r.known[key] = names
	for _, name := range names {
		r.known[pattern(name)] = []string{name}
	}
}
