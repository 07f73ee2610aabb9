package etcd

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/semabench/semabench/impls/cluster/internal/slots"
)

// root is the prefix of all keys. Users with restricted rights need this prefix.
const root = "semabench/"

// format is the first word of every value. A version that stores something else must change it, so
// that this version refuses those keys instead of misreading them.
const format = "v1"

// keys has the keys of one semaphore. The names of the groups are chosen for their order: the
// permits in use ("held/") and the size are neighbours, so one range request reads both, at one
// revision, and one watch covers both. A new group must not sort between them: readView takes every
// other key of that range for a grant.
type keys struct{ base string }

// keysOf escapes the name. Without that, the keys of a semaphore named "a/held" would lie among the
// permits of the semaphore "a".
func keysOf(name string) keys { return keys{root + url.PathEscape(name) + "/"} }

func (k keys) size() string          { return k.base + "size" }
func (k keys) held(id string) string { return k.base + "held/" + id }
func (k keys) wait(id string) string { return k.base + "wait/" + id }

func (k keys) user(lease clientv3.LeaseID) string { return k.base + "user/" + owner(lease) }

// state returns the range of all permits in use and the size. A range excludes its end, so the end
// is the first key after the size.
func (k keys) state() (from, end string) { return k.held(""), k.size() + "\x00" }

// othersHeld returns the two ranges of permits that sessions other than the owner use. A condition
// of etcd can be over a range of keys, but cannot leave keys out. The keys of one session are
// neighbours, because their IDs begin with the session, so the others lie before them and after
// them.
func (k keys) othersHeld(own string) [2][2]string {
	return [2][2]string{
		{k.held(""), k.held(own + "-")},
		{k.held(own + "."), k.base + "held0"}, // '.' follows '-', and '0' follows '/'
	}
}

// owner is the first part of all IDs of a session. Lease IDs are unique in a cluster. All owners
// have the same length, so no owner is the beginning of another one.
func owner(lease clientv3.LeaseID) string { return fmt.Sprintf("%016x", int64(lease)) }

func ownedBy(id, own string) bool { return strings.HasPrefix(id, own+"-") }

// sizeRecord is the value of the size key.
type sizeRecord struct {
	made int64 // the size that the name was made with; Open accepts it even after a Resize
	size int64
}

func (s sizeRecord) String() string { return fmt.Sprintf("%s size %d made %d", format, s.size, s.made) }

func parseSize(value []byte) (s sizeRecord, err error) {
	f := strings.Fields(string(value))
	if len(f) != 5 || f[0] != format || f[1] != "size" || f[3] != "made" {
		return s, unreadable(value, sizeRecord{3, 5}.String())
	}
	if s.size, err = parseCount(f[2]); err == nil {
		s.made, err = parseCount(f[4])
	}
	if err != nil || s.size > MaxSize || s.made > MaxSize {
		return s, unreadable(value, sizeRecord{3, 5}.String())
	}
	return s, nil
}

// slotsValue writes ascending slots: "v1 0-3,7".
func slotsValue(list []int64) string { return format + " " + slots.Format(list) }

// parseSlots reads what slotsValue writes, and refuses slots that no semaphore has.
func parseSlots(value []byte) ([]int64, error) {
	text, ok := strings.CutPrefix(string(value), format+" ")
	if ok {
		var list []int64
		if list, ok = slots.Parse(text, MaxSize); ok {
			return list, nil
		}
	}
	return nil, unreadable(value, slotsValue([]int64{0, 1, 2, 7}))
}

func parseCount(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 63) // no sign
	return int64(n), err
}

func unreadable(value []byte, example string) error {
	return fmt.Errorf("it has the value %.60q, and this version reads values like %q", value, example)
}
