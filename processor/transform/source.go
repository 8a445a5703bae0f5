package transform

import (
	"strings"

	"github.com/pintle-io/pintle/schema"
)

// source is a place in an event, made of a path such as context.traits.id.
type source struct {
	path    string
	object  string // path up to the last name, with its dot; empty when there is none
	name    string // the last name
	root    func(ev *schema.Event) schema.Value
	members []string // names below root
}

// newSource returns the place that a path names: the member of the event that the decoder keeps, and
// the way from there. All that is not kept is found from the whole event.
func newSource(path string) source {
	s := source{path: path, name: path}
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		s.object, s.name = path[:i+1], path[i+1:]
	}
	head, rest := path, ""
	for {
		if s.root = kept(head); s.root != nil {
			break
		}
		i := strings.LastIndexByte(head, '.')
		if i < 0 {
			s.root = func(ev *schema.Event) schema.Value { return ev.Raw }
			rest = path
			break
		}
		head, rest = path[:i], path[i+1:]
	}
	if rest != "" {
		s.members = strings.Split(rest, ".")
	}
	return s
}

// of returns what stands at the place, nil when nothing does.
func (s *source) of(ev *schema.Event) schema.Value {
	v := s.root(ev)
	for _, name := range s.members {
		v = v.Member(name)
	}
	return v
}

// kept returns how to get at a member that the decoder keeps, nil when it does not.
func kept(path string) func(*schema.Event) schema.Value {
	switch path {
	case "userId":
		return func(ev *schema.Event) schema.Value { return ev.UserID }
	case "anonymousId":
		return func(ev *schema.Event) schema.Value { return ev.AnonymousID }
	case "previousId":
		return func(ev *schema.Event) schema.Value { return ev.PreviousID }
	case "groupId":
		return func(ev *schema.Event) schema.Value { return ev.GroupID }
	case "event":
		return func(ev *schema.Event) schema.Value { return ev.Event }
	case "name":
		return func(ev *schema.Event) schema.Value { return ev.Name }
	case "properties":
		return func(ev *schema.Event) schema.Value { return ev.Properties }
	case "traits":
		return func(ev *schema.Event) schema.Value { return ev.Traits }
	case "timestamp":
		return func(ev *schema.Event) schema.Value { return ev.Timestamp }
	case "originalTimestamp":
		return func(ev *schema.Event) schema.Value { return ev.OriginalTimestamp }
	case "context":
		return func(ev *schema.Event) schema.Value { return ev.Context.Raw }
	default:
		return keptOfContext(path)
	}
}

func keptOfContext(path string) func(*schema.Event) schema.Value {
	switch path {
	case "context.traits":
		return func(ev *schema.Event) schema.Value { return ev.Context.Traits }
	case "context.page.url":
		return func(ev *schema.Event) schema.Value { return ev.Context.PageURL }
	case "context.externalId":
		return func(ev *schema.Event) schema.Value { return ev.Context.ExternalID }
	case "context.locale":
		return func(ev *schema.Event) schema.Value { return ev.Context.Locale }
	case "context.device.token":
		return func(ev *schema.Event) schema.Value { return ev.Context.DeviceToken }
	case "context.device.type":
		return func(ev *schema.Event) schema.Value { return ev.Context.DeviceType }
	case "context.device.model":
		return func(ev *schema.Event) schema.Value { return ev.Context.DeviceModel }
	case "context.device.manufacturer":
		return func(ev *schema.Event) schema.Value { return ev.Context.DeviceManufacturer }
	case "context.os.name":
		return func(ev *schema.Event) schema.Value { return ev.Context.OSName }
	case "context.app.version":
		return func(ev *schema.Event) schema.Value { return ev.Context.AppVersion }
	default:
		return nil
	}
}
