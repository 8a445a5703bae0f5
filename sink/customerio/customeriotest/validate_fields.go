package customeriotest

import "bytes"

// judgeEvent reads what events, pages and screens have.
func (it *item) judgeEvent(f *fields, set *Settings) {
	if isText(f.name) {
		it.name = bytes.TrimSpace(text(f.name))
	}
	if len(it.name) == 0 {
		it.fail(noName, "")
	} else if len(it.name) > set.NameBytes {
		it.fail(longName, "")
	}
	if present(f.attributes) {
		if isObject(f.attributes) {
			it.attributes = f.attributes
			it.findSeq(set)
		} else {
			it.fail(badAttributes, "")
		}
		if it.path && len(f.attributes) > set.DataBytes {
			it.fail(longData, "")
		}
	}
	it.judgeEventID(f.id, set)
	it.judgeTime(f.timestamp, set)
}

// judgeEventID reads the id by which a repeat of an event is known.
func (it *item) judgeEventID(raw []byte, set *Settings) {
	switch {
	case !present(raw):
		it.warn("event_without_id", "")
	case isText(raw):
		it.event, it.hasEvent = ulid(text(raw))
		if it.hasEvent || !set.NoStrictULID {
			break
		}
		it.event, it.hasEvent = wideHash(text(raw)), true
	}
	if present(raw) && !it.hasEvent {
		it.fail(badULID, "")
	}
}

// latestSecond is the largest number that is taken for seconds; what is larger must be milliseconds.
const latestSecond = 99_999_999_999

// judgeTime reads when it happened.
func (it *item) judgeTime(raw []byte, set *Settings) {
	if !present(raw) {
		if it.action.isEvent() {
			it.warn("event_without_timestamp", "")
		} else if it.action == identify {
			it.warn("identify_without_timestamp", "")
		}
		return
	}
	if isText(raw) && set.TextTimestamp {
		raw = text(raw)
	}
	whole, fraction := raw, []byte(nil)
	if dot := bytes.IndexByte(raw, '.'); dot >= 0 {
		whole, fraction = raw[:dot], raw[dot+1:]
		it.warn("fractional_timestamp", "")
	}
	n, ok := integer(whole)
	if !ok || len(bytes.Trim(fraction, "0")) > 0 {
		it.fail(badTimestamp, "")
		return
	}
	it.timestamp, it.hasTime = n, true
	if n > latestSecond {
		it.warn("ms_timestamp", "")
	}
}

// judgeAttributes judges attributes of which each is kept.
func (it *item) judgeAttributes(raw []byte, set *Settings) {
	if !present(raw) {
		return
	}
	if !isObject(raw) {
		it.fail(badAttributes, "")
		return
	}
	it.attributes = raw
	if len(it.members) > set.Attributes {
		it.fail(manyAttributes, "")
	}
	for _, a := range it.members {
		it.judgeAttribute(a, set)
	}
}

// judgeAttribute judges one attribute of a person or an object.
func (it *item) judgeAttribute(a attribute, set *Settings) {
	switch string(a.name) {
	case "cio_relationships", "cio_subscription_preferences":
		return
	case "id", "email":
		if it.action == identify && present(a.value) && !isText(a.value) {
			it.fail(badBodyID, string(a.name))
		} else if it.action == identify && it.path && string(a.name) == "id" && string(a.value) == `""` {
			it.fail(blankBodyID, "")
		}
	}
	it.number(a.name, a.value, set)
	if len(a.name) > set.AttributeBytes {
		it.fail(longAttribute, string(a.name))
	}
	if len(a.value) > set.ValueBytes && valueBytes(a.value) > set.ValueBytes {
		it.fail(longValue, string(a.name))
	}
	if set.WarnHistory && bytes.HasSuffix(a.name, []byte("_at")) && isText(a.value) && bytes.IndexByte(a.value, 'T') > 0 {
		it.warn("iso_timestamp_string", string(a.name))
	}
}

// judgeDevice reads a device, whose token stands under the key that differs between v1 and v2.
func (it *item) judgeDevice(raw, tokenKey []byte, set *Settings) {
	if !isObject(raw) {
		it.fail(noToken, "")
		return
	}
	var token, platform, lastUsed []byte
	for c := open(raw); ; {
		name, value, ok := c.member()
		if !ok {
			break
		}
		switch {
		case bytes.Equal(name, tokenKey):
			token = value
		case string(name) == "platform":
			platform = value
		case string(name) == "last_used":
			lastUsed = value
		case string(name) == "attributes":
			it.device.attributes = value
		default:
			it.warn("unknown_field", "device."+string(name))
		}
	}
	if isText(token) {
		it.device.token = bytes.TrimSpace(text(token))
	}
	if len(it.device.token) == 0 {
		it.fail(noToken, "")
	}
	if it.action == addDevice {
		it.judgePlatform(platform)
		it.judgeLastUsed(lastUsed)
		it.judgeDeviceAttributes(set)
	}
}

func (it *item) judgePlatform(raw []byte) {
	switch {
	case !present(raw):
		it.fail(noPlatform, "")
	case string(raw) == `"ios"`, string(raw) == `"android"`:
		it.device.platform = text(raw)
	default:
		it.fail(badPlatform, "")
	}
}

// judgeLastUsed takes digits as text too: official clients send both.
func (it *item) judgeLastUsed(raw []byte) {
	if !present(raw) {
		return
	}
	if isText(raw) {
		raw = text(raw)
	}
	n, ok := integer(raw)
	if !ok {
		it.fail(badLastUsed, "")
		return
	}
	if n > latestSecond {
		it.warn("ms_timestamp", "device.last_used")
	}
	it.device.lastUsed, it.device.hasLastUsed = n, true
}

func (it *item) judgeDeviceAttributes(set *Settings) {
	raw := it.device.attributes
	if !present(raw) {
		return
	}
	if !isObject(raw) {
		it.fail(badDeviceAttributes, "")
		return
	}
	for c := open(raw); ; {
		name, value, ok := c.member()
		if !ok {
			return
		}
		it.number(name, value, set)
		if len(name) > set.AttributeBytes {
			it.fail(longAttribute, string(name))
		}
		if valueBytes(value) > set.ValueBytes {
			it.fail(longValue, string(name))
		}
		if !isText(value) {
			if set.StrictDevices {
				it.fail(badDeviceAttributes, "")
			} else {
				it.warn("device_attribute_not_text", string(name))
			}
		}
	}
}
