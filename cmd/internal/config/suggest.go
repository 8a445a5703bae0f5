package config

import "github.com/pintle-io/pintle/processor/transform/option"

// suggest returns the name that was probably meant, or nothing when none is near.
func suggest(found string, names []string) string {
	return option.Nearest(found, names, max(2, len(found)/3))
}
