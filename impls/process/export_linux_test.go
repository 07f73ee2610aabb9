package process

// What tests of the outside need of the inside.

// Forge makes all permits of this process those of another owner.
func Forge(s *Slots, pid int, start uint64) {
	for i := range s.words {
		if w := word(s.words[i].Load()); w.owner() == s.me {
			s.words[i].Store(uint64(w.with(ownerOf(pid, start))))
		}
	}
}
