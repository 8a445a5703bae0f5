package schema

// context reads the event's context. Of two contexts the last one wins as a whole, and so on down.
func (s *scanner) context(c *Context) {
	from := s.pos
	*c = Context{}
	if !s.isObject() {
		c.Raw = s.value()
		return
	}
	for more := s.enter('}'); more; more = s.next('}') {
		switch string(s.key()) {
		case "traits":
			c.Traits = s.value()
		case "locale":
			c.Locale = s.value()
		case "externalId":
			c.ExternalID = s.value()
		case "consentManagement":
			c.Consent = s.value()
		case "device":
			s.device(c)
		case "os":
			c.OSName = s.member("name")
		case "app":
			c.AppVersion = s.member("version")
		case "page":
			c.PageURL = s.member("url")
		case "library":
			c.LibraryName = s.member("name")
		case "integration":
			c.IntegrationName = s.member("name")
		default:
			s.skip()
		}
	}
	if s.err == nil {
		c.Raw = Value(s.buf[from:s.pos:s.pos])
	}
}

// isObject reports whether an object opens at pos.
func (s *scanner) isObject() bool { return s.pos < len(s.buf) && s.buf[s.pos] == '{' }

// device reads context.device.
func (s *scanner) device(c *Context) {
	c.DeviceToken, c.DeviceType, c.DeviceModel, c.DeviceManufacturer = nil, nil, nil, nil
	if !s.isObject() {
		s.skip()
		return
	}
	for more := s.enter('}'); more; more = s.next('}') {
		switch string(s.key()) {
		case "token":
			c.DeviceToken = s.value()
		case "type":
			c.DeviceType = s.value()
		case "model":
			c.DeviceModel = s.value()
		case "manufacturer":
			c.DeviceManufacturer = s.value()
		default:
			s.skip()
		}
	}
}

// member skips one value and returns the named member of it when it is an object.
func (s *scanner) member(name string) (v Value) {
	if !s.isObject() {
		s.skip()
		return nil
	}
	for more := s.enter('}'); more; more = s.next('}') {
		if string(s.key()) == name {
			v = s.value()
		} else {
			s.skip()
		}
	}
	return v
}
