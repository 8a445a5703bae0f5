package customeriotest

import (
	"net/http"

	"github.com/go-faster/jx"
)

// readBatch finds the items of a v2 batch, or refuses it and reports false.
func (c *call) readBatch() bool {
	if len(c.body) > c.set.BatchBytes {
		c.oversize(bigBatch)
		return false
	}
	if jx.DecodeBytes(c.body).Validate() != nil {
		c.refuse(http.StatusBadRequest, problem{badBody, ""})
		return false
	}
	if !c.readItems(c.body[skipSpace(c.body, 0):]) {
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

// readItems reads the items of a batch where they stand: a batch is too large to be walked over twice.
// It reports false if there is no list of objects.
func (c *call) readItems(top []byte) (found bool) {
	if !isObject(top) {
		return false
	}
	for m := open(top); ; {
		name, ok := m.key()
		if !ok {
			return found
		}
		if string(name) != "batch" {
			m.take()
			continue
		}
		if !isArray(top[m.pos:]) {
			return false
		}
		found, c.items = true, c.items[:0]
		m.pos++
		for {
			raw, ok := m.element()
			if !ok {
				break
			}
			if !isObject(raw) {
				return false
			}
			c.next().parse(raw, c.set)
		}
		m.pos++
	}
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
	top := c.body[skipSpace(c.body, 0):]
	if jx.DecodeBytes(c.body).Validate() != nil || !isObject(top) {
		c.refuse(http.StatusBadRequest, problem{badBody, ""})
		return false
	}
	c.next().parse(top[:skipValue(top, 0)], c.set)
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
