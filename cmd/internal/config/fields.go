package config

import (
	"reflect"
)

// field is one key of a struct.
type field struct {
	name   string
	need   bool
	commas bool   // a list that may be one text with commas
	was    string // the dotted key that it had before
	value  reflect.Value
}

func fields(v reflect.Value) []field {
	var list []field
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		list = append(list, field{
			name: tag.Get("key"), need: tag.Get("need") == "true", commas: tag.Get("commas") == "true", was: tag.Get("was"), value: v.Field(i),
		})
	}
	return list
}

func (f *field) isGroup() bool { return f.value.Kind() == reflect.Struct && !isText(f.value) }

func (f *field) isPairs() bool { return f.value.Type() == reflect.TypeFor[Pairs]() }

// isGroups tells a list of groups.
func (f *field) isGroups() bool {
	return f.value.Kind() == reflect.Slice && f.value.Type().Elem().Kind() == reflect.Struct && !f.isPairs()
}

// group is the struct of a group or of a list of them, and whether f is one of both.
func (f *field) group() (reflect.Value, bool) {
	switch {
	case f.isGroup():
		return f.value, true
	case f.isGroups():
		return reflect.New(f.value.Type().Elem()).Elem(), true
	default:
		return reflect.Value{}, false
	}
}

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

// allNames gathers the names of all keys: true for those that have a value, false for groups.
func allNames(v reflect.Value, into map[string]bool) map[string]bool {
	for _, f := range fields(v) {
		group, ok := f.group()
		into[f.name] = !ok
		if ok {
			allNames(group, into)
		}
	}
	return into
}

// successor returns the dotted key that stands for one that there was before, or nothing.
func successor(v reflect.Value, path, was string) string {
	for _, f := range fields(v) {
		key := join(path, f.name)
		if f.was == was {
			return key
		}
		if group, ok := f.group(); ok {
			if found := successor(group, key, was); found != "" {
				return found
			}
		}
	}
	return ""
}
