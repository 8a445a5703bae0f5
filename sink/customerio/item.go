package customerio

import (
	"strconv"

	"github.com/oklog/ulid/v2"
)

// Action is what an item does with a person.
type Action string

// The actions on people that the mapping makes.
const (
	ActionIdentify     Action = "identify"
	ActionEvent        Action = "event"
	ActionPage         Action = "page"
	ActionScreen       Action = "screen"
	ActionAddDevice    Action = "add_device"
	ActionDeleteDevice Action = "delete_device"
	ActionDelete       Action = "delete"
	ActionSuppress     Action = "suppress"
	ActionUnsuppress   Action = "unsuppress"
)

// Platform is the push service of a device.
type Platform string

// The platforms that Customer.io takes.
const (
	IOS     Platform = "ios"
	Android Platform = "android"
)

// Encoder writes one item of a v2 batch at a time:
//
//	e.Person(customerio.ActionEvent, who)
//	e.Name(name)
//	e.RawAttributes(properties)
//	item := bytes.Clone(e.Finish())
//
// Values handed over as raw are written as they are: the caller vouches that they are valid JSON.
// Texts are valid UTF-8 and are quoted here. The zero Encoder is ready to use; the buffer is kept
// from item to item. It is not safe for concurrent use.
type Encoder struct {
	buf   []byte
	first bool // the next member is the first of its object
}

// Person starts an item about a person and forgets what was written before.
func (e *Encoder) Person(action Action, who Identifier) {
	e.buf = append(e.buf[:0], `{"type":"person","identifiers":`...)
	e.identifier(who)
	e.action(string(action))
}

// Merge starts an item that merges the secondary person into the primary one, and forgets what was
// written before.
func (e *Encoder) Merge(primary, secondary Identifier) {
	e.buf = append(e.buf[:0], `{"type":"person","primary":`...)
	e.identifier(primary)
	e.buf = append(e.buf, `,"secondary":`...)
	e.identifier(secondary)
	e.action("merge")
}

// identifier writes an object of one identifier.
func (e *Encoder) identifier(who Identifier) {
	e.buf = append(e.buf, `{"`...)
	e.buf = append(e.buf, who.Kind.Name()...)
	e.buf = append(e.buf, `":`...)
	e.buf = AppendText(e.buf, who.Value)
	e.buf = append(e.buf, '}')
}

func (e *Encoder) action(name string) {
	e.buf = append(e.buf, `,"action":"`...)
	e.buf = append(e.buf, name...)
	e.buf = append(e.buf, '"')
}

// Name writes the name of an event, page or screen.
func (e *Encoder) Name(name []byte) {
	e.buf = append(e.buf, `,"name":`...)
	e.buf = AppendText(e.buf, name)
}

// ID writes the id by which Customer.io knows an event it has seen.
func (e *Encoder) ID(id ulid.ULID) {
	e.buf = append(e.buf, `,"id":"`...)
	n := len(e.buf)
	e.buf = append(e.buf, make([]byte, ulid.EncodedSize)...)
	_ = id.MarshalTextTo(e.buf[n:]) // fails only on a wrong size
	e.buf = append(e.buf, '"')
}

// Timestamp writes when it happened, in seconds since 1970.
func (e *Encoder) Timestamp(seconds int64) {
	e.buf = append(e.buf, `,"timestamp":`...)
	e.buf = strconv.AppendInt(e.buf, seconds, 10)
}

// RawAttributes writes the attributes as one object.
func (e *Encoder) RawAttributes(object []byte) {
	e.buf = append(e.buf, `,"attributes":`...)
	e.buf = append(e.buf, object...)
}

// OpenAttributes starts attributes that are written one by one, up to CloseAttributes.
func (e *Encoder) OpenAttributes() {
	e.buf = append(e.buf, `,"attributes":{`...)
	e.first = true
}

// CloseAttributes ends what OpenAttributes started.
func (e *Encoder) CloseAttributes() {
	e.buf = append(e.buf, '}')
	e.first = false
}

// RawAttr writes one attribute with a raw value.
func (e *Encoder) RawAttr(name, value []byte) {
	e.attr(name)
	e.buf = append(e.buf, value...)
}

// TextAttr writes one attribute with a text.
func (e *Encoder) TextAttr(name, text []byte) {
	e.attr(name)
	e.buf = AppendText(e.buf, text)
}

// IntAttr writes one attribute with a number.
func (e *Encoder) IntAttr(name []byte, n int64) {
	e.attr(name)
	e.buf = strconv.AppendInt(e.buf, n, 10)
}

// OpenDevice starts the device of an item, up to CloseDevice. Attributes may be written inside.
func (e *Encoder) OpenDevice(token []byte) {
	e.buf = append(e.buf, `,"device":{"token":`...)
	e.buf = AppendText(e.buf, token)
}

// Platform writes the platform of a device.
func (e *Encoder) Platform(p Platform) {
	e.buf = append(e.buf, `,"platform":"`...)
	e.buf = append(e.buf, p...)
	e.buf = append(e.buf, '"')
}

// LastUsed writes when a device was last used, in seconds since 1970.
func (e *Encoder) LastUsed(seconds int64) {
	e.buf = append(e.buf, `,"last_used":`...)
	e.buf = strconv.AppendInt(e.buf, seconds, 10)
}

// CloseDevice ends what OpenDevice started.
func (e *Encoder) CloseDevice() { e.buf = append(e.buf, '}') }

// Finish ends the item and returns it. The bytes are valid until the encoder is used again.
func (e *Encoder) Finish() []byte {
	e.buf = append(e.buf, '}')
	return e.buf
}

// Len returns what has been written of the item, in bytes.
func (e *Encoder) Len() int { return len(e.buf) }

// Cut takes back the attribute that was written last: all beyond the first n bytes. An object of
// attributes must hold one more before them, or have been just opened.
func (e *Encoder) Cut(n int) {
	e.buf = e.buf[:n]
	e.first = e.buf[n-1] == '{'
}

// Cap returns the size of the buffer that is kept, in bytes.
func (e *Encoder) Cap() int { return cap(e.buf) }

// attr writes the name of an attribute and its colon.
func (e *Encoder) attr(name []byte) {
	if !e.first {
		e.buf = append(e.buf, ',')
	}
	e.first = false
	e.buf = AppendText(e.buf, name)
	e.buf = append(e.buf, ':')
}
