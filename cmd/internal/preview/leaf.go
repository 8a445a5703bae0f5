package preview

import (
	"strconv"
	"strings"

	"github.com/go-faster/jx"

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
		for i, element := range elements(v) {
			if element.Kind() != schema.Object {
				dst = dst[:before]
				break
			}
			dst = leaves(dst, join(path, strconv.Itoa(i)), element)
		}
	default:
	}
	if len(dst) == before {
		dst = append(dst, leaf{path, v})
	}
	return dst
}

func elements(v schema.Value) (all []schema.Value) {
	_ = jx.DecodeBytes(v).Arr(func(d *jx.Decoder) error { // a Value is valid JSON
		raw, err := d.Raw()
		all = append(all, schema.Value(strings.TrimSpace(string(raw))))
		return err
	})
	return all
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
