package customeriotest

// recall is a map that forgets what was put into it longest ago, by whole generations, so that it stays
// bounded however much passes through. It is not safe for concurrent use.
type recall[K comparable, V any] struct {
	recent, older map[K]V
	least         int // of what was put last, so many at least are known; 0: all
}

func newRecall[K comparable, V any](least int) *recall[K, V] {
	return &recall[K, V]{recent: map[K]V{}, least: least}
}

func (r *recall[K, V]) get(key K) (value V, known bool) {
	if value, known = r.recent[key]; !known {
		value, known = r.older[key]
	}
	return value, known
}

func (r *recall[K, V]) put(key K, value V) {
	if r.least > 0 && len(r.recent) >= r.least {
		r.older, r.recent = r.recent, make(map[K]V, r.least)
	}
	r.recent[key] = value
}
