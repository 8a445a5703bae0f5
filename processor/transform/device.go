package transform

import (
	"bytes"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)

// The names of the track events that say something about a device, see [isAny]. No SDK sends the last
// one: nothing runs when an app is removed. It comes from servers.
const (
	installed   = "Application Installed"
	opened      = "Application Opened"
	uninstalled = "Application Uninstalled"
	// unistalled is how RudderStack's guide for this destination spells it.
	unistalled = "Application Unistalled"
)

// device maps the track events that say something about a device, and reports whether this one did.
// Without a token, or on a platform that Customer.io does not push to, it is an ordinary event.
func (p *mapping) device(name []byte) (out sink.Outcome, done bool) {
	removes := isAny(name, p.named.remove...)
	if !removes && !p.registers(name) {
		return sink.Outcome{}, false
	}
	token, ok := p.ev.Context.DeviceToken.Text()
	if !ok || len(bytes.TrimSpace(token)) == 0 {
		return sink.Outcome{}, false
	}
	if removes && !p.who.visitor() {
		return p.deleteDevice(token), true
	}
	platform, field := p.platform()
	if platform == "" || p.who.visitor() {
		p.change(p.from[ruleDeviceToken][0].path, sink.WhyNotTaken) // there is nobody, or no service, to register it with
		return sink.Outcome{}, false
	}
	return p.addDevice(token, platform, field), true
}

func (p *mapping) registers(name []byte) bool {
	return isAny(name, installed, opened) || isAny(name, p.named.register...)
}

// deleteDevice removes a device. It stands alone, as its registration does: a move of devices in the
// wrong order ends with the wrong devices.
func (p *mapping) deleteDevice(token []byte) sink.Outcome {
	p.person(customerio.ActionDeleteDevice)
	p.openDevice(token)
	p.enc.CloseDevice()
	p.noProperties()
	return p.alone(sink.KindDeleteDevice)
}

func (p *mapping) openDevice(token []byte) {
	p.enc.OpenDevice(token)
	p.part("device.token", p.from[ruleDeviceToken][0].path, ruleDeviceToken)
}

// addDevice registers a device: its token, platform, when it was used, and what is known about it.
func (p *mapping) addDevice(token []byte, platform customerio.Platform, field string) sink.Outcome {
	places := p.from[ruleDeviceAttribute]
	for i, name := range [...]string{"device_os", "device_model", "app_version", "device_locale"} {
		if text, ok := nameText(places[i].of(p.ev)); ok {
			p.attrs.put(attribute{
				name: []byte(name), object: places[i].object, member: []byte(places[i].name),
				text: text, isText: true, by: ruleDeviceAttribute,
			})
		}
	}
	if isNotObject(p.ev.Properties) {
		p.change("properties", sink.WhyNotObject)
	}
	for m := p.ev.Properties.Members(); m.Next(); {
		p.putText(m.Name, m.Value)
	}

	p.person(customerio.ActionAddDevice)
	p.openDevice(token)
	p.enc.Platform(platform)
	p.part("device.platform", field, ruleDevicePlatform)
	if p.time.known {
		p.enc.LastUsed(p.time.seconds())
		p.partTime("device.last_used", ruleDeviceUsed)
	}
	p.enc.OpenAttributes()
	p.writeAttributes("device.attributes.", p.attrs.list, room{attrs: customerio.Attrs})
	p.enc.CloseAttributes()
	p.enc.CloseDevice()
	return p.alone(sink.KindAddDevice)
}

// putText puts a property as text, which is all that devices take: a value of another kind is put as
// its JSON. Null is no value.
func (p *mapping) putText(name []byte, v schema.Value) {
	text, ok := v.Text()
	if !ok {
		text = v
	}
	if v.Kind() == schema.Null {
		return
	}
	at := attribute{name: name, object: "properties.", text: text, isText: true, by: ruleDeviceProperty}
	if i := p.attrs.find(name); i >= 0 && p.attrs.list[i].by == ruleDeviceAttribute {
		p.changeAttr(&p.attrs.list[i], sink.WhyCollision)
	}
	p.attrs.put(at)
}

// platform derives the push service from what the SDKs say about the device. Its type (the system's name) and its
// system name it. Where these say nothing of a system, the first of the maker, the SDK, the name of the device and
// the user agent that tells one counts, and else mapping.device_platform. Apple's mobile systems share one service.
// It is "" when it is neither of the two that Customer.io knows. field is where it stands.
func (p *mapping) platform() (service customerio.Platform, field string) {
	places := p.from[ruleDevicePlatform]
	system, hints := places[:platformSystems], places[platformSystems:]
	for i := range system {
		text, _ := system[i].of(p.ev).Text()
		text = bytes.TrimSpace(text)
		switch {
		case isAny(text, "ios", "ipados", "watchos", "tvos", "iphone os"):
			return customerio.IOS, system[i].path
		case isAny(text, "android"):
			return customerio.Android, system[i].path
		case len(text) > 0 && !isAny(text, "mobile", "phone", "smartphone", "tablet", "handset", "device", "unknown", "other"):
			hints = nil // it is another system, whatever else stands there
		}
	}
	for i := range hints {
		if text, ok := hints[i].of(p.ev).Text(); ok {
			if service := hinted(text); service != "" {
				return service, hints[i].path
			}
		}
	}
	if len(hints) > 0 && p.devicePlatform != "" {
		return p.devicePlatform, "mapping.device_platform"
	}
	return "", ""
}

// platformSystems is how many of the places of [ruleDevicePlatform] name the system; the others hint at it.
const platformSystems = 2

// hinted is the push service that a text hints at: "" when it names both, or Windows, whose phones call themselves
// Android and iPhone in their user agents.
func hinted(text []byte) customerio.Platform {
	lower := bytes.ToLower(bytes.TrimSpace(text[:min(len(text), 512)]))
	has := func(word string) bool { return bytes.Contains(lower, []byte(word)) }
	android := has("android")
	apple := has("iphone") || has("ipad") || has("ipod") || has("rudder-ios") || isAny(lower, "apple", "ios")
	switch {
	case android == apple, has("windows phone"):
		return ""
	case android:
		return customerio.Android
	default:
		return customerio.IOS
	}
}

// isAny reports whether text is one of the names, in any letter case.
func isAny(text []byte, names ...string) bool {
	for _, n := range names {
		if len(n) == len(text) && bytes.EqualFold(text, []byte(n)) {
			return true
		}
	}
	return false
}
