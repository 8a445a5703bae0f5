// Package expression evaluates expressions over an event, in the language of expr-lang.
package expression
