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
)

// device maps the track events that say something about a device, and reports whether this one did.
// Without a token, or on a platform that Customer.io does not push to, it is an ordinary event.
func (p *mapping) device(name []byte) (out sink.Outcome, done bool) {
	removes := isAny(name, uninstalled)
	if !removes && !p.registers(name) {
		return sink.Outcome{}, false
	}
	token, ok := p.ev.Context.DeviceToken.Text()
	if !ok || len(bytes.TrimSpace(token)) == 0 {
		return sink.Outcome{}, false
	}
	if removes {
		return p.deleteDevice(token), true
	}
	platform := p.platform()
	if platform == "" {
		return sink.Outcome{}, false
	}
	return p.addDevice(token, platform), true
}

func (p *mapping) registers(name []byte) bool {
	return isAny(name, installed, opened) || isAny(name, p.registering...)
}

// deleteDevice removes a device. It is a barrier: a move of devices in the wrong order ends with the
// wrong devices.
func (p *mapping) deleteDevice(token []byte) sink.Outcome {
	p.enc.Person(customerio.ActionDeleteDevice, p.who.Identifier)
	p.enc.OpenDevice(token)
	p.enc.CloseDevice()
	out := p.finish(sink.KindDeleteDevice)
	p.op.Barrier = true
	return out
}

// addDevice registers a device: its token, platform, when it was used, and what is known about it.
func (p *mapping) addDevice(token []byte, platform customerio.Platform) sink.Outcome {
	c := &p.ev.Context
	p.deviceAttr("device_os", "context.os.", c.OSName)
	p.deviceAttr("device_model", "context.device.", c.DeviceModel)
	p.deviceAttr("app_version", "context.app.", c.AppVersion)
	p.deviceAttr("device_locale", "context.", c.Locale)
	for m := p.ev.Properties.Members(); m.Next(); {
		p.putText(m.Name, "properties.", m.Value)
	}

	p.enc.Person(customerio.ActionAddDevice, p.who.Identifier)
	p.enc.OpenDevice(token)
	p.enc.Platform(platform)
	if p.time.known {
		p.enc.LastUsed(p.time.seconds())
	}
	p.enc.OpenAttributes()
	p.writeAttributes(customerio.Attrs)
	p.enc.CloseAttributes()
	p.enc.CloseDevice()
	out := p.finish(sink.KindAddDevice)
	p.op.Barrier = true
	return out
}

func (p *mapping) deviceAttr(name, object string, v schema.Value) {
	if text, ok := v.Text(); ok && len(text) > 0 {
		p.putText([]byte(name), object, v)
	}
}

// putText puts an attribute as text, which is all that devices take: a value of another kind is put
// as its JSON. Null is no value.
func (p *mapping) putText(name []byte, object string, v schema.Value) {
	text, ok := v.Text()
	if !ok {
		text = v
	}
	if v.Kind() != schema.Null {
		p.attrs.put(attribute{name: name, object: object, text: text, isText: true})
	}
}

// platform derives the push service from what the SDKs say about the device: its type (the system's
// name), else the system, else, where both say nothing, the maker. Apple's mobile systems share one
// service. It is "" when it is neither of the two that Customer.io knows.
func (p *mapping) platform() customerio.Platform {
	c, named := &p.ev.Context, false
	for _, v := range [...]schema.Value{c.DeviceType, c.OSName} {
		text, _ := v.Text()
		switch {
		case isAny(text, "ios", "ipados", "watchos", "tvos"):
			return customerio.IOS
		case isAny(text, "android"):
			return customerio.Android
		}
		named = named || len(text) > 0
	}
	if maker, _ := c.DeviceManufacturer.Text(); !named && isAny(maker, "apple") {
		return customerio.IOS
	}
	return ""
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
