package customeriotest

import (
	"net/http"
	"unicode/utf8"
)

// readBatch finds the items of a v2 batch, or refuses it and reports false.
func (c *call) readBatch() bool {
	if len(c.body) > c.set.BatchBytes {
		c.oversize(bigBatch)
		return false
	}
	if !c.readItems() {
		c.refuse(http.StatusBadRequest, problem{badBody, ""})
		return false
	}
	switch {
	case len(c.items) == 0:
		c.refuse(http.StatusBadRequest, problem{emptyBatch, ""})
		return false
	case c.set.MaxBatchItems > 0 && len(c.items) > c.set.MaxBatchItems:
		c.refuse(http.StatusBadRequest, problem{manyItems, ""})
		return false
	}
	return true
}

// readItems reads the body and its items. It reports false if the body is not JSON in UTF-8 or has no
// list of objects; an item of another kind spoils the whole.
func (c *call) readItems() (found bool) {
	s := scanner{json: c.body, pos: skipSpace(c.body, 0)}
	if s.peek() != '{' || !utf8.Valid(c.body) {
		return false
	}
	s.pos++
	for first := true; s.next('}', first); first = false {
		switch name := s.key(); {
		case s.bad:
		case string(name) != "batch":
			s.value()
		case s.peek() != '[':
			return false
		default:
			found, c.items = true, c.items[:0]
			s.pos++
			for first := true; s.next(']', first); first = false {
				c.next().read(&s, c.set)
			}
		}
	}
	return found && s.ended()
}

// answerBatch answers a batch whose items are judged and stored.
func (c *call) answerBatch() {
	if c.fault != nil && (c.fault.Action == ItemError || c.fault.Action == ErrorsIn200) {
		c.accept()
		c.injectedErrors()
		return
	}
	var list []itemError
	bad := 0
	for i := range c.items {
		if len(c.items[i].problems) > 0 {
			bad++
		}
		for _, p := range c.items[i].problems {
			e := p.v2()
			e.Index = new(i)
			list = append(list, e)
		}
	}
	switch {
	case bad == 0:
		c.accept()
	case bad == len(c.items) && c.set.AllInvalidStatus != http.StatusMultiStatus:
		for i := range list {
			list[i].Index = nil
		}
		c.errors(c.set.AllInvalidStatus, list)
	default:
		c.errors(http.StatusMultiStatus, list)
	}
}

// readEntity reads the one item of a v2 entity, or refuses the body and reports false.
func (c *call) readEntity() bool {
	if len(c.body) > c.set.ItemBytes {
		c.oversize(bigItem)
		return false
	}
	s := scanner{json: c.body, pos: skipSpace(c.body, 0)}
	c.next().read(&s, c.set)
	if !s.ended() || !utf8.Valid(c.body) {
		c.refuse(http.StatusBadRequest, problem{badBody, ""})
		return false
	}
	return true
}

// oversize refuses a body that is too large.
func (c *call) oversize(p code) {
	if c.set.OversizeStatus == http.StatusRequestEntityTooLarge {
		c.status = http.StatusRequestEntityTooLarge
		c.out = append(c.out[:0], "<html><head><title>413 Request Entity Too Large</title></head></html>\n"...)
		c.header.Set("Content-Type", "text/html; charset=utf-8")
		return
	}
	c.refuse(c.set.OversizeStatus, problem{p, ""})
}
