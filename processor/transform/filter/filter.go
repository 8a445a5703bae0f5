// Package filter decides which events go to Customer.io. Its order: what came from Customer.io, what
// the event's own integrations switch off, its channel and source, the user's consent, the name of a
// track event, and the operator's expression.
package filter

import (
	"bytes"
	"errors"
	"strings"

	"github.com/pintle-io/pintle/processor/transform/expression"
	"github.com/pintle-io/pintle/processor/transform/option"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// whereKey is the key of the expression, in errors and in letters.
const whereKey = "filters.where"

// Filter judges events. The zero Filter applies the rules that always hold. It is safe for concurrent
// use.
type Filter struct {
	allow, deny map[string]struct{}
	channels    []string
	sources     map[string]struct{}
	consent     Consent
	where       *expression.Program
}

// New returns a Filter. An error is an [*option.Error] under one of the keys filters.allow_events,
// filters.deny_events, filters.exclude_channels, filters.exclude_sources, filters.consent and
// filters.where.
func New(o Options) (*Filter, error) {
	f := &Filter{consent: Consent{Any: o.Consent.Any, Strict: o.Consent.Strict}}
	var err error
	if f.allow, err = set("filters.allow_events", o.AllowEvents, "the name of a track event"); err != nil {
		return nil, err
	}
	if f.deny, err = set("filters.deny_events", o.DenyEvents, "the name of a track event"); err != nil {
		return nil, err
	}
	for name := range f.deny {
		if _, both := f.allow[name]; both {
			return nil, option.Errorf("filters.deny_events", "the name %q is in filters.allow_events too: remove it from one of the two", name)
		}
	}
	if f.sources, err = set("filters.exclude_sources", o.ExcludeSources, "the id of a source or the name of a library"); err != nil {
		return nil, err
	}
	if f.channels, err = trimmed("filters.exclude_channels", o.ExcludeChannels, "a channel such as web, mobile or server"); err != nil {
		return nil, err
	}
	if f.consent.IDs, err = trimmed("filters.consent", o.Consent.IDs, "the id of a consent"); err != nil {
		return nil, err
	}
	if len(f.consent.IDs) == 0 && (o.Consent.Any || o.Consent.Strict) {
		return nil, option.Errorf("filters.consent", "it names no consent, so that nothing is asked for: list the ids of those that Customer.io needs, or remove it")
	}
	if o.Where != "" {
		if f.where, err = expression.CompileBool(o.Where); err != nil {
			return nil, whereError(err)
		}
	}
	return f, nil
}

// Judge says whether an event goes on: the zero Outcome means that it does. An event that is held
// back is filtered, with its reason. An event on which the expression fails is not filtered: it is
// invalid, and the outcome says where the expression fails.
//
// Env is the event as expressions see it; it is used only when there is an expression.
func (f *Filter) Judge(ev *schema.Event, env *expression.Env) sink.Outcome {
	switch {
	case isLoop(ev):
		return filtered(sink.ReasonLoop)
	case isOff(ev):
		return filtered(sink.ReasonIntegrationOff)
	case f.fromExcluded(ev):
		return filtered(sink.ReasonEventFiltered)
	case !f.consent.given(ev.Context.Consent):
		return filtered(sink.ReasonConsent)
	case !f.named(ev):
		return filtered(sink.ReasonEventFiltered)
	case f.where == nil:
		return sink.Outcome{}
	}
	yes, err := f.where.Bool(env)
	switch {
	case err != nil:
		return sink.Outcome{Reason: sink.ReasonInvalid, Field: whereKey, Detail: err.Error()}
	case !yes:
		return filtered(sink.ReasonEventFiltered)
	default:
		return sink.Outcome{}
	}
}

func filtered(r sink.Reason) sink.Outcome { return sink.Outcome{Filtered: true, Reason: r} }

// fromExcluded reports whether the event comes from an excluded channel or source.
func (f *Filter) fromExcluded(ev *schema.Event) bool {
	if len(f.channels) > 0 {
		channel, _ := ev.Channel.Text()
		for _, c := range f.channels {
			if bytes.EqualFold(bytes.TrimSpace(channel), []byte(c)) {
				return true
			}
		}
	}
	if len(f.sources) == 0 {
		return false
	}
	return f.isSource(ev.Raw.Member("sourceId")) || f.isSource(ev.Context.Raw.Member("sourceId")) || f.isSource(ev.Context.LibraryName)
}

func (f *Filter) isSource(v schema.Value) bool {
	text, _ := v.Text()
	_, found := f.sources[string(bytes.TrimSpace(text))]
	return found
}

// named reports whether the event passes by its name. As at RudderStack only track events have one
// that counts, and with a list of those that pass, a track event without a name does not.
func (f *Filter) named(ev *schema.Event) bool {
	if ev.Type != schema.TypeTrack || len(f.allow) == 0 && len(f.deny) == 0 {
		return true
	}
	text, _ := ev.Event.TextOrNumber()
	name := bytes.TrimSpace(text)
	if _, denied := f.deny[string(name)]; denied {
		return false
	}
	_, allowed := f.allow[string(name)]
	return allowed || len(f.allow) == 0
}

// trimmed returns the list without blanks around its texts; each must say something.
func trimmed(key string, list []string, what string) ([]string, error) {
	var out []string
	for i, text := range list {
		text = strings.TrimSpace(text)
		if text == "" {
			return nil, option.Errorf(key, "entry %d is blank: write %s, or remove the entry", i+1, what)
		}
		out = append(out, text)
	}
	return out, nil
}

// set is trimmed, as a set; nil when it is empty.
func set(key string, list []string, what string) (map[string]struct{}, error) {
	texts, err := trimmed(key, list, what)
	if err != nil || len(texts) == 0 {
		return nil, err
	}
	m := make(map[string]struct{}, len(texts))
	for _, text := range texts {
		m[text] = struct{}{}
	}
	return m, nil
}

// whereError puts the key to what the compiler says.
func whereError(err error) error {
	e, ok := errors.AsType[*expression.Error](err)
	if !ok {
		return option.Errorf(whereKey, "%v", err)
	}
	return &option.Error{Key: whereKey, Line: e.Line, Column: e.Column, Text: e.Text}
}
