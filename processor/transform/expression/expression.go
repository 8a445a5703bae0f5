// Package expression evaluates expressions over an event, in the language of expr-lang.org.
//
// An expression sees the event as it came, under these names:
//
//   - type, event, name, userId, anonymousId, previousId, groupId, channel, messageId, timestamp,
//     originalTimestamp, sentAt and receivedAt: the fields of these names, of whatever JSON type they
//     are, nil when they are absent. A type that is known is in lower case, however it was written.
//   - properties, traits, context and integrations: these objects; an empty one where the event has
//     none, or something else in its place.
//   - attributes: what the event says about its subject: the traits of an identify over those of its
//     context, the traits of a group, the properties of anything else.
//
// A member that is absent is nil. Integers that fit 64 bits are integers, other numbers floats. Of
// members of one name the last one counts.
//
// An expression gives the same result whenever and wherever it runs. What depends on the clock, on
// the time zone of the machine or on the order of a map is therefore not in the language: now,
// timezone, keys, values, toPairs, and a time's method Local. A date is read with date(text) or
// date(text, layout); without a zone of its own it is in UTC. string and toJSON write JSON without
// blanks, and the pattern of matches is a text written out.
//
// No event makes an expression run away: what it reads, what it makes and how often its loops turn
// are bounded, and beyond the bounds it fails.
package expression

import (
	"github.com/expr-lang/expr/vm"

	"github.com/pintle-io/pintle/schema"
)

// Program is an expression, ready to run. It is safe for concurrent use.
type Program struct {
	machine *vm.Program
	needs   []string // names of the event's parts that it reads
	path    path     // set when it is only the way to a member
}

// Compile reads an expression of any result. An error is an [*Error].
func Compile(text string) (*Program, error) { return compile(text, false) }

// CompileBool reads an expression whose result is true or false; where that can only be known when it
// runs, anything else is a [*RunError] then. An error is an [*Error].
func CompileBool(text string) (*Program, error) { return compile(text, true) }

// Bool returns the expression's result on the event of env. An error is a [*RunError]; a result that
// is neither true nor false is one.
func (p *Program) Bool(env *Env) (bool, error) {
	result, err := p.run(env)
	if err != nil {
		return false, err
	}
	yes, ok := result.(bool)
	if !ok {
		return false, &RunError{Line: 1, Column: 1, Text: whyNotBool}
	}
	return yes, nil
}

// Value returns the expression's result on the event of env as compact JSON with the members of
// objects in the order of their names; nil when the result is nil. An error is a [*RunError]; a
// result that is no JSON, or longer than 64 KiB, is one.
//
// An expression that is only the way to a member, such as properties.items[0].price, returns the
// JSON that stands there, byte for byte, as a slice of the event; nil when nothing stands there.
func (p *Program) Value(env *Env) (schema.Value, error) {
	if p.path != nil {
		v := p.path.find(env.event())
		if len(v) > resultBytes {
			return nil, &RunError{Line: 1, Column: 1, Text: whyLong}
		}
		return v, nil
	}
	result, err := p.run(env)
	if err != nil || result == nil {
		return nil, err
	}
	return encode(result)
}

// run evaluates the program. Whatever the machine panics with becomes a RunError.
func (p *Program) run(env *Env) (result any, err error) {
	defer func() {
		if r := recover(); r != nil {
			result, err = nil, &RunError{Line: 1, Column: 1, Text: whyOperand}
		}
	}()
	if err := env.load(p.needs); err != nil {
		return nil, err
	}
	machine := vm.VM{MemoryBudget: workUnits}
	result, err = machine.Run(p.machine, env.vars)
	if err != nil {
		return nil, failure(err)
	}
	return result, nil
}
