package preview

import (
	"strconv"

	"github.com/pintle-io/pintle/schema"
)

// leaf is a value inside an item, and the way to it.
type leaf struct {
	path  string // attributes.address.city, cio_relationships.0.identifiers.id
	value schema.Value
}

// leaves appends what stands inside v, in its order: all that is no object, and no array of objects.
// Those without anything inside are leaves themselves.
func leaves(dst []leaf, path string, v schema.Value) []leaf {
	before := len(dst)
	switch v.Kind() {
	case schema.Object:
		for m := v.Members(); m.Next(); {
			dst = leaves(dst, join(path, string(m.Name)), m.Value)
		}
	case schema.Array:
		e := v.Elements()
		for i := 0; e.Next(); i++ {
			if e.Value.Kind() != schema.Object {
				dst = dst[:before]
				break
			}
			dst = leaves(dst, join(path, strconv.Itoa(i)), e.Value)
		}
	default:
	}
	if len(dst) == before {
		dst = append(dst, leaf{path, v})
	}
	return dst
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// lookUp returns what stands at a path in v, nil when nothing does. Names may have dots of their own.
func lookUp(v schema.Value, path string) schema.Value {
	if found := v.Member(path); found != nil {
		return found
	}
	for i := range len(path) {
		if path[i] != '.' {
			continue
		}
		if inner := v.Member(path[:i]); inner.Kind() == schema.Object {
			if found := lookUp(inner, path[i+1:]); found != nil {
				return found
			}
		}
	}
	return nil
}
