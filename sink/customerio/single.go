package customerio

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-faster/jx"
)

// call is one request of the v1 API.
type call struct {
	method string
	path   string // percent-encoded, from the base address on
	body   []byte // empty: none
}

// errNotInV1 and errTooLargeForV1 say why an item cannot go by the v1 API. They quote nothing.
var (
	errNotInV1       = errors.New("the v1 API has no such operation")
	errTooLargeForV1 = fmt.Errorf("the event's data exceeds the %d bytes that the v1 API takes", EventDataBytes)
)

// singleCall turns an item of a v2 batch into the v1 call that does the same: v1 takes three times as
// much. It refuses whatever v1 would apply to somebody else: v1 guesses the kind of an identifier from
// its shape, and v2 does not.
func singleCall(body []byte) (call, error) {
	it, err := parseObject(body)
	if err != nil {
		return call{}, err
	}
	if it.text("type") != "person" {
		return call{}, errNotInV1
	}
	switch action := it.text("action"); action {
	case "event", "page", "screen":
		return eventCall(it, action)
	case "merge":
		return mergeCall(it)
	case "identify", "add_device", "delete_device", "delete", "suppress", "unsuppress":
		return personCall(it, action)
	default:
		return call{}, errNotInV1
	}
}

// personCall makes the calls that name their person in the path.
func personCall(it object, action string) (call, error) {
	who, err := segment(it.raw("identifiers"))
	if err != nil {
		return call{}, err
	}
	path := "/api/v1/customers/" + who
	switch action {
	case "identify":
		body, err := identifyBody(it)
		return call{http.MethodPut, path, body}, err
	case "add_device":
		body, err := deviceBody(it)
		return call{http.MethodPut, path + "/devices", body}, err
	case "delete_device":
		device, err := parseObject(it.raw("device"))
		if err != nil {
			return call{}, err
		}
		token := device.text("token")
		if token == "" || token == "." || token == ".." {
			// A server that resolves dots would delete the person instead.
			return call{}, errors.New("the device token cannot stand in a path")
		}
		return call{http.MethodDelete, path + "/devices/" + escape(token), nil}, nil
	case "delete":
		return call{http.MethodDelete, path, nil}, nil
	default:
		return call{http.MethodPost, path + "/" + action, nil}, nil
	}
}

// identifyBody lifts the attributes to the top, where v1 has them, beside the time and the relations.
func identifyBody(it object) ([]byte, error) {
	var attributes object
	if raw := it.raw("attributes"); raw != nil {
		var err error
		if attributes, err = parseObject(raw); err != nil {
			return nil, err
		}
	}
	timestamp, relations := it.raw("timestamp"), it.raw("cio_relationships")
	var w jx.Writer
	w.ObjStart()
	first := true
	for _, f := range attributes {
		if timestamp != nil && f.name == "_timestamp" || relations != nil && f.name == "cio_relationships" {
			continue
		}
		writeMember(&w, &first, f.name, f.raw)
	}
	if timestamp != nil {
		writeMember(&w, &first, "_timestamp", timestamp)
	}
	if relations != nil {
		writeMember(&w, &first, "cio_relationships", fmt.Appendf(nil, `{"action":"add_relationships","relationships":%s}`, relations))
	}
	w.ObjEnd()
	return w.Buf, nil
}

// deviceBody renames the token: v1 calls it id.
func deviceBody(it object) ([]byte, error) {
	device, err := parseObject(it.raw("device"))
	if err != nil {
		return nil, err
	}
	var w jx.Writer
	first := true
	w.RawStr(`{"device":`)
	w.ObjStart()
	for _, f := range device {
		name := f.name
		if name == "token" {
			name = "id"
		}
		writeMember(&w, &first, name, f.raw)
	}
	w.ObjEnd()
	w.ObjEnd()
	return w.Buf, nil
}

// eventCall makes the call of an event, page or screen, of a person or of somebody not known yet.
func eventCall(it object, action string) (call, error) {
	data := it.raw("attributes")
	if len(data) > EventDataBytes {
		return call{}, errTooLargeForV1
	}
	identifiers, err := parseObject(it.raw("identifiers"))
	if err != nil {
		return call{}, err
	}
	var w jx.Writer
	w.ObjStart()
	first := true
	path := "/api/v1/events"
	if anonymous := identifiers.raw("anonymous_id"); anonymous != nil && len(identifiers) == 1 {
		writeMember(&w, &first, "anonymous_id", anonymous)
	} else {
		who, err := segment(it.raw("identifiers"))
		if err != nil {
			return call{}, err
		}
		path = "/api/v1/customers/" + who + "/events"
	}
	for _, name := range []string{"name", "id", "timestamp"} {
		if raw := it.raw(name); raw != nil {
			writeMember(&w, &first, name, raw)
		}
	}
	if action != "event" {
		writeMember(&w, &first, "type", []byte(`"`+action+`"`))
	}
	if data != nil {
		writeMember(&w, &first, "data", data)
	}
	w.ObjEnd()
	return call{http.MethodPost, path, w.Buf}, nil
}

// mergeCall keeps both identifiers as they are: v1 has the same shape.
func mergeCall(it object) (call, error) {
	primary, secondary := it.raw("primary"), it.raw("secondary")
	if primary == nil || secondary == nil {
		return call{}, errors.New("a merge needs primary and secondary")
	}
	return call{http.MethodPost, "/api/v1/merge_customers", fmt.Appendf(nil, `{"primary":%s,"secondary":%s}`, primary, secondary)}, nil
}

// segment turns identifiers into the path's value, if v1 guesses the same kind from it.
func segment(raw []byte) (string, error) {
	ids, err := parseObject(raw)
	if err != nil {
		return "", err
	}
	if len(ids) != 1 || ids[0].text() == "" {
		return "", errors.New("the v1 API needs exactly one identifier, a text that is not empty")
	}
	value := ids[0].text()
	mail, prefixed := looksLikeEmail(value), strings.HasPrefix(value, "cio_")
	switch kind := ids[0].name; {
	case kind == "cio_id" && !prefixed:
		return escape("cio_" + value), nil
	case kind == "email" && mail && !prefixed:
		return escape(value), nil
	case kind == "id" && !mail && !prefixed:
		return escape(value), nil
	default:
		return "", fmt.Errorf("the v1 API cannot address this person by %s: it would take the value for another kind of identifier", clip(kind, maxCode))
	}
}

// looksLikeEmail is broader than any rule that the service may have: what it holds for an e-mail
// address cannot be sent as an id, what it does not cannot be sent as an e-mail address.
func looksLikeEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1
}

// escape encodes all but the unreserved characters, and dots where they are all there is: a server
// may take "." and ".." for directories.
func escape(s string) string {
	const upperhex = "0123456789ABCDEF"
	dots := strings.Trim(s, ".") == ""
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '~', c == '.' && !dots:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(upperhex[c>>4])
			b.WriteByte(upperhex[c&15])
		}
	}
	return b.String()
}
