package config

import (
	"reflect"
)

// field is one key of a struct.
type field struct {
	name  string
	need  bool
	value reflect.Value
}

func fields(v reflect.Value) []field {
	var list []field
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		list = append(list, field{name: tag.Get("key"), need: tag.Get("need") == "true", value: v.Field(i)})
	}
	return list
}

func (f *field) isGroup() bool { return f.value.Kind() == reflect.Struct && !isText(f.value) }

func fieldOf(v reflect.Value, name string) (field, bool) {
	for _, f := range fields(v) {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

func names(v reflect.Value) []string {
	var list []string
	for _, f := range fields(v) {
		list = append(list, f.name)
	}
	return list
}

// allNames gathers the names of all keys, groups and what is in them.
func allNames(v reflect.Value, into map[string]bool) map[string]bool {
	for _, f := range fields(v) {
		into[f.name] = true
		if f.isGroup() {
			allNames(f.value, into)
		}
	}
	return into
}
