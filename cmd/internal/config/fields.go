package config

import (
	"reflect"
	"strings"
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

func fieldOf(v reflect.Value, name string) (reflect.Value, bool) {
	for _, f := range fields(v) {
		if f.name == name {
			return f.value, true
		}
	}
	return reflect.Value{}, false
}

func names(v reflect.Value) []string {
	var list []string
	for _, f := range fields(v) {
		list = append(list, f.name)
	}
	return list
}

// secretWords are parts of keys whose values are never shown, misspelled keys included.
func secretWords() []string {
	return []string{"site_id", "api_key", "key", "password", "secret", "token", "site"}
}

func secretKey(key string) bool {
	last := key[strings.LastIndexByte(key, '.')+1:]
	for _, word := range secretWords() {
		if strings.Contains(last, word) {
			return true
		}
	}
	return false
}

// mayHoldSecret tells whether a line of the file is about a secret, by its key.
func mayHoldSecret(line string) bool {
	key, _, ok := strings.Cut(line, ":")
	return ok && secretKey(strings.ToLower(strings.TrimSpace(key)))
}

// maskValue hides what stands behind the first colon of a line.
func maskValue(line string) string {
	key, value, ok := strings.Cut(line, ":")
	if !ok {
		return strings.Repeat(" ", len(line)-len(strings.TrimLeft(line, " "))) + "***"
	}
	if strings.TrimSpace(value) == "" {
		return line
	}
	return key + ": ***"
}
