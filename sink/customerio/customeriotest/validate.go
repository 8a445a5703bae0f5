package customeriotest

import "bytes"

// validate judges the fields of a v2 item in the order in which the service is taken to judge them.
func (it *item) validate(f *fields, set *Settings) {
	if !it.judgeAction(f) {
		it.findSeq(set)
		return
	}
	switch {
	case it.action == merge:
		it.other, it.who = it.mergeIdent(f.secondary, "secondary", set), it.mergeIdent(f.primary, "primary", set)
		if it.who.kind != noID && it.who.kind == it.other.kind && bytes.Equal(it.who.value, it.other.value) {
			it.fail(selfMerge, "")
		}
	case it.action == delivery:
		it.judgeDelivery(f)
	case it.action >= objectIdentify:
		it.judgeObject(f, set)
	default:
		it.who = it.judgeIdentifiers(f.identifiers, set)
	}
	switch {
	case it.action.isEvent():
		it.judgeEvent(f, set)
	case it.action == identify, it.action == objectIdentify, it.action == objectAnonymous:
		it.judgeAttributes(f.attributes, set)
		it.judgeTime(f.timestamp, set)
		it.relations = f.relationships
	case it.action == addDevice, it.action == deleteDevice:
		it.judgeDevice(f.device, []byte("token"), set)
	case it.action == addRelationships, it.action == deleteRelationships, it.action == objectAdd, it.action == objectRemove:
		if !isArray(f.relationships) || len(bytes.TrimSpace(f.relationships[1:len(f.relationships)-1])) == 0 {
			it.fail(noRelationships, "")
		}
		it.relations = f.relationships
	}
	if set.FirstErrorOnly && len(it.problems) > 1 {
		it.problems = it.problems[:1]
	}
}

// judgeAction reads type and action.
func (it *item) judgeAction(f *fields) bool {
	if !present(f.kind) {
		it.fail(noType, "")
		return false
	}
	find, missing, unknown := personAction, noAction, badAction
	switch string(f.kind) {
	case `"person"`:
	case `"object"`:
		find, missing, unknown = objectAction, noObjectAction, badObjectAction
	case `"delivery"`:
		it.action = delivery
		return true
	default:
		it.fail(badType, "")
		return false
	}
	if !present(f.action) {
		it.fail(missing, "")
		return false
	}
	if isText(f.action) {
		it.action = find(text(f.action))
	}
	if it.action == unknownAction {
		it.fail(unknown, "")
		return false
	}
	return true
}

// judgeIdentifiers reads the identifiers of a person.
func (it *item) judgeIdentifiers(raw []byte, set *Settings) ident {
	if !present(raw) {
		it.fail(noIdentifiers, "")
		return ident{}
	}
	if !isObject(raw) {
		it.fail(badIdentifiers, "")
		return ident{}
	}
	kind, value, n := noID, []byte(nil), 0
	for c := open(raw); ; n++ {
		name, v, ok := c.member()
		if !ok {
			break
		}
		kind, value = idKindOf(name), v
	}
	if n != 1 || !it.allowed(kind, set) {
		it.fail(badIdentifiers, "")
		return ident{}
	}
	return it.judgeIdent(kind, value, set)
}

// allowed reports whether people can be named so by this item in this workspace.
func (it *item) allowed(kind idKind, set *Settings) bool {
	switch kind {
	case byID:
		return !set.NoID
	case byEmail:
		return !set.NoEmail
	case byPhone:
		return set.Phone && it.action != merge
	case byCioID:
		return true
	case byAnonymous:
		return it.action.isEvent() && !set.NoV2Anonymous
	default:
		return false
	}
}

// judgeIdent reads the value of an identifier.
func (it *item) judgeIdent(kind idKind, raw []byte, set *Settings) ident {
	var value []byte
	switch {
	case isText(raw):
		value = text(raw)
	case isNumber(raw) && set.NumericID:
		value = raw
		it.warn("numeric_id", "")
	}
	if len(bytes.TrimSpace(value)) == 0 {
		it.fail(blankIdentifier, kind.String())
		return ident{}
	}
	return it.judgeText(ident{kind, value}, set)
}

// judgeText judges the text of an identifier, of v2 or of a path of v1.
func (it *item) judgeText(who ident, set *Settings) ident {
	n := len(it.problems)
	if len(who.value) > set.IDBytes {
		it.fail(longIdentifier, who.kind.String())
	}
	switch {
	case who.kind == byEmail && !isEmail(who.value):
		it.fail(badEmail, "")
	case who.kind == byCioID && !isAlphanumeric(who.value):
		it.fail(badCioID, "")
	case who.kind == byPhone && !isPhone(who.value):
		it.fail(badPhone, "")
	case who.kind == byID && !it.path && bytes.HasPrefix(who.value, []byte("cio_")):
		it.warn("id_has_cio_prefix", "")
	case who.kind == byID && !it.path && bytes.IndexByte(who.value, '@') > 0 && isEmail(who.value):
		it.warn("id_looks_like_email", "")
	}
	if len(it.problems) > n {
		return ident{}
	}
	return who
}

// mergeIdent reads one side of a merge.
func (it *item) mergeIdent(raw []byte, side string, set *Settings) ident {
	if !present(raw) {
		it.fail(noMerge, side)
		return ident{}
	}
	kind, value, n := noID, []byte(nil), 0
	if isObject(raw) {
		for c := open(raw); ; n++ {
			name, v, ok := c.member()
			if !ok {
				break
			}
			kind, value = idKindOf(name), v
		}
	}
	if n != 1 || !it.allowed(kind, set) || !isText(value) || len(bytes.TrimSpace(text(value))) == 0 {
		it.fail(badMerge, side)
		return ident{}
	}
	return it.judgeText(ident{kind, text(value)}, set)
}

// judgeDelivery reads the report on a delivery, which is checked and has no effect.
func (it *item) judgeDelivery(f *fields) {
	if !isObject(f.identifiers) {
		it.fail(noIdentifiers, "")
	}
	switch string(f.name) {
	case `"opened"`, `"converted"`, `"delivered"`:
	default:
		it.fail(badDelivery, "")
	}
	if isObject(f.attributes) {
		for c := open(f.attributes); ; {
			name, value, ok := c.member()
			if !ok {
				break
			}
			if string(name) == "device_token" && isText(value) && len(text(value)) > 0 {
				return
			}
		}
	}
	it.fail(noDeviceToken, "")
}

// judgeObject reads the identifiers of an object.
func (it *item) judgeObject(f *fields, set *Settings) {
	if !isObject(f.identifiers) {
		it.fail(noIdentifiers, "")
		return
	}
	it.object = readObjectID(f.identifiers)
	if it.object.cioID != nil {
		return
	}
	if len(it.object.id) == 0 {
		it.fail(noObjectID, "object_id")
	} else if len(it.object.id) > set.IDBytes {
		it.fail(longIdentifier, "object_id")
	}
	if len(it.object.kind) == 0 {
		it.fail(noObjectID, "object_type_id")
	} else if !isDigits(it.object.kind) {
		it.fail(badObjectID, "object_type_id")
	}
}

// readObjectID reads what names an object.
func readObjectID(raw []byte) (id objectID) {
	for c := open(raw); ; {
		name, value, ok := c.member()
		if !ok {
			return id
		}
		if !isText(value) {
			continue
		}
		switch string(name) {
		case "object_type_id":
			id.kind = text(value)
		case "object_id":
			id.id = text(value)
		case "cio_object_id":
			id.cioID = text(value)
		}
	}
}
