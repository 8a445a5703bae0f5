package expression

import (
	"errors"
	"reflect"
	"strings"
	"time"

	"github.com/expr-lang/expr/builtin"
)

// Bounds of a run.
const (
	// workUnits is what a run may spend: one for a turn of a loop, an element of a list it makes,
	// unitBytes of a text it makes.
	workUnits = 100_000
	unitBytes = 64
	// madeBytes is the longest text that one call of a function makes.
	madeBytes = 256 << 10
)

// meter counts what a run spends beside the machine's own budget, which knows only lists.
type meter struct{ left int }

func (m *meter) spend(units int) error {
	if m.left -= units; m.left < 0 {
		return &RunError{Text: whyWork}
	}
	return nil
}

// own are the functions that are ours: those of the meter, and those in place of expr-lang's that
// would depend on the machine, write Go's notation, or take all memory in one step.
func own() []*builtin.Function {
	return []*builtin.Function{
		{Name: spendName, Func: spend, Validate: ofSecond},
		{Name: pairsName, Func: pairs, Validate: ofSecond},
		{Name: "date", Func: date, Types: []reflect.Type{
			reflect.TypeFor[func(string) time.Time](), reflect.TypeFor[func(string, string) time.Time](),
		}},
		{Name: "join", Func: join, Types: []reflect.Type{
			reflect.TypeFor[func([]any) string](), reflect.TypeFor[func([]any, string) string](),
			reflect.TypeFor[func([]string) string](), reflect.TypeFor[func([]string, string) string](),
		}},
		{Name: "repeat", Func: repeat, Types: []reflect.Type{reflect.TypeFor[func(string, int) string]()}},
		{Name: "replace", Func: replace, Types: []reflect.Type{
			reflect.TypeFor[func(string, string, string) string](), reflect.TypeFor[func(string, string, string, int) string](),
		}},
		{Name: "string", Func: text, Types: []reflect.Type{reflect.TypeFor[func(any) string]()}},
		{Name: "toJSON", Func: toJSON, Types: []reflect.Type{reflect.TypeFor[func(any) string]()}},
	}
}

// ofSecond is the type of a function that returns its second argument.
func ofSecond(args []reflect.Type) (reflect.Type, error) {
	if args[1] == nil {
		return reflect.TypeFor[any](), nil
	}
	return args[1], nil
}

// spend returns its second argument and charges the meter, its first, for it.
func spend(args ...any) (any, error) {
	return args[1], args[0].(*meter).spend(1 + weight(args[1]))
}

// pairs returns its second argument and charges for comparing each of its elements with each.
func pairs(args ...any) (any, error) {
	n := 0
	if list := reflect.ValueOf(args[1]); list.Kind() == reflect.Slice {
		n = list.Len()
	}
	return args[1], args[0].(*meter).spend(n * n / unitBytes)
}

// weight is what a value costs that a function made.
func weight(v any) int {
	switch v := v.(type) {
	case string:
		return len(v) / unitBytes
	case []string:
		return len(v)
	default:
		return 0
	}
}

// date reads a time. One without an offset of its own is in UTC.
func date(args ...any) (any, error) {
	layouts := []string{
		time.RFC3339, time.DateOnly, time.DateTime, time.TimeOnly, time.RFC822, time.RFC850, time.RFC1123,
	}
	if len(args) == 2 {
		layouts = []string{args[1].(string)}
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, args[0].(string), time.UTC); err == nil {
			return t, nil
		}
	}
	return nil, errors.New("no date")
}

func join(args ...any) (any, error) {
	glue := ""
	if len(args) == 2 {
		glue = args[1].(string)
	}
	texts, ok := args[0].([]string)
	if !ok {
		for _, v := range args[0].([]any) {
			texts = append(texts, v.(string))
		}
	}
	size := len(glue) * len(texts)
	for _, t := range texts {
		size += len(t)
	}
	if size > madeBytes {
		return nil, &RunError{Text: whyWork}
	}
	return strings.Join(texts, glue), nil
}

func repeat(args ...any) (any, error) {
	t, n := args[0].(string), args[1].(int)
	switch {
	case n < 0:
		return nil, errors.New("negative count")
	case n > madeBytes, len(t)*n > madeBytes:
		return nil, &RunError{Text: whyWork}
	}
	return strings.Repeat(t, n), nil
}

func replace(args ...any) (any, error) {
	t, from, to, n := args[0].(string), args[1].(string), args[2].(string), -1
	if len(args) == 4 {
		n = args[3].(int)
	}
	// from is found at most once between any two bytes.
	if found := strings.Count(t, from); len(t)+found*max(0, len(to)-len(from)) > madeBytes {
		return nil, &RunError{Text: whyWork}
	}
	return strings.Replace(t, from, to, n), nil
}

func toJSON(args ...any) (any, error) {
	v, err := encode(args[0])
	return string(v), err
}

// text returns a text as it is and of anything else its JSON.
func text(args ...any) (any, error) {
	if t, ok := args[0].(string); ok {
		return t, nil
	}
	v, err := encode(args[0])
	if t, quoted := v.Text(); quoted { // a time
		return string(t), err
	}
	return string(v), err
}
