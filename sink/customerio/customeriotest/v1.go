package customeriotest

import (
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
)

// readV1 makes an item of a v1 request, or refuses the body and reports false.
func (c *call) readV1(values []string) bool {
	it := c.next()
	it.path, it.action = true, c.route.action(c.req.Method)
	if len(values) > 0 {
		it.who = it.judgeText(guess([]byte(values[0]), c.set), c.set)
	}
	if c.route == toDevice {
		it.device.token = []byte(values[1])
	}
	body := c.body
	if it.action == deletePerson || it.action == deleteDevice || it.action == suppress || it.action == unsuppress {
		body = []byte("{}")
	}
	if len(body) > c.set.BatchBytes {
		c.oversize(bigBatch)
		return false
	}
	s := scanner{json: body, pos: skipSpace(body, 0)}
	it.raw = s.value()
	if !s.ended() || !isObject(it.raw) || !utf8.Valid(body) {
		c.refuse(http.StatusBadRequest, problem{badBody, ""})
		return false
	}
	it.content = xxhash.Sum64(it.raw)*31 + uint64(it.action) + xxhash.Sum64(it.device.token)
	it.judgeV1(c.set)
	return true
}

// action returns what a v1 endpoint does.
func (r route) action(method string) action {
	switch r {
	case toCustomer:
		if method == http.MethodDelete {
			return deletePerson
		}
		return identify
	case toDevices:
		return addDevice
	case toDevice:
		return deleteDevice
	case toMerge:
		return merge
	case toSuppress:
		return suppress
	case toUnsuppress:
		return unsuppress
	default:
		return event
	}
}

// judgeV1 judges the body.
func (it *item) judgeV1(set *Settings) {
	switch it.action {
	case identify:
		it.judgeV1Identify(set)
	case event:
		it.judgeV1Event(set)
	case addDevice:
		it.judgeV1Device(set)
	case merge:
		var f fields
		f.read(it.raw)
		it.who, it.other = it.mergeIdent(f.primary, "primary", set), it.mergeIdent(f.secondary, "secondary", set)
		if it.who.kind != noID && it.who.kind == it.other.kind && string(it.who.value) == string(it.other.value) {
			it.fail(selfMerge, "")
		}
	default:
		// The path says all.
	}
}

// read finds the members that v1 has in common with v2.
func (f *fields) read(raw []byte) {
	for c := open(raw); ; {
		name, value, ok := c.member()
		if !ok {
			return
		}
		if to := f.field(name); to != nil {
			*to = value
		}
	}
}

// judgeV1Identify reads attributes, among which the time is.
func (it *item) judgeV1Identify(set *Settings) {
	it.split(it.raw)
	it.judgeAttributes(it.raw, set)
	var at []byte
	for _, m := range it.members {
		if string(m.name) == "_timestamp" {
			at = m.value
		}
	}
	it.judgeTime(at, set)
}

// judgeV1Event reads an event, a page or a screen, of a person or of somebody anonymous.
func (it *item) judgeV1Event(set *Settings) {
	var f fields
	var anonymous []byte
	for c := open(it.raw); ; {
		name, value, ok := c.member()
		if !ok {
			break
		}
		switch string(name) {
		case "data":
			f.attributes = value
		case "anonymous_id":
			anonymous = value
		case "name", "id", "timestamp", "type":
			*f.field(name) = value
		default:
			it.warn("unknown_field", string(name))
		}
	}
	switch string(f.kind) {
	case `"page"`:
		it.action = page
	case `"screen"`:
		it.action = screen
	}
	if it.who.kind == noID && len(it.problems) == 0 && isText(anonymous) && len(text(anonymous)) > 0 {
		it.who = ident{byAnonymous, text(anonymous)}
	}
	it.content = contentHash(it.raw, f.id)
	if isObject(f.attributes) {
		it.split(f.attributes)
	}
	it.judgeEvent(&f, set)
	recipient := slices.ContainsFunc(it.members, func(m attribute) bool { return string(m.name) == "recipient" })
	if it.who.kind == noID && len(it.problems) == 0 && !recipient {
		it.warn("anonymous_event_without_id", "")
	}
}

// judgeV1Device reads the device, whose token is called id in v1.
func (it *item) judgeV1Device(set *Settings) {
	var raw []byte
	for c := open(it.raw); ; {
		name, value, ok := c.member()
		if !ok {
			break
		}
		if string(name) == "device" {
			raw = value
		}
	}
	it.judgeDevice(raw, []byte("id"), set)
}
