package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pintle-io/pintle/schema/events"
)

// hole is a place in a template that is filled for each copy of an event. Each is a rune for private
// use, which no real event holds.
type hole rune

const (
	holeCopy    hole = '\uE001' // which copy of its people
	holeMessage hole = '\uE002' // the number in the stream, for the message id
	holeTime    hole = '\uE003'
	holeVisit   hole = '\uE004' // how many stories the copy has begun, for what is new in each
	holeSeq     hole = '\uE005' // the number in the stream, as a JSON number
)

func (h hole) mark() string { return string(h) }

// template is a real event cut at its holes: text[0] hole[0] text[1] hole[1] … text[n].
type template struct {
	// key is the record's key, with holeCopy in it.
	key   string
	text  []string
	holes []hole
}

// redelivered is left out: its events bear the message ids of others on purpose, which here would
// make two different events of one.
const redelivered = "redelivered"

// stories returns the corpus: the events of each SDK in their order of arrival.
func stories() ([][]template, error) {
	var (
		all  [][]template
		last string
	)
	people := identities()
	for name, line := range events.All() {
		if strings.Contains(name, redelivered) {
			continue
		}
		t, err := compile(line, people)
		if err != nil {
			return nil, fmt.Errorf("the demo's events, %s: %w", name, err)
		}
		if name != last {
			all, last = append(all, nil), name
		}
		all[len(all)-1] = append(all[len(all)-1], t)
	}
	return all, nil
}

// identities are all texts of the corpus that name somebody at the top of an event.
func identities() map[string]bool {
	people := map[string]bool{}
	for _, line := range events.All() {
		var e struct{ UserID, AnonymousID, PreviousID string }
		_ = json.Unmarshal(line, &e) // compile tells of it
		for _, id := range []string{e.UserID, e.AnonymousID, e.PreviousID} {
			people[id] = true
		}
	}
	delete(people, "")
	return people
}

// compile makes a template of one event.
func compile(line []byte, people map[string]bool) (template, error) {
	if strings.ContainsAny(string(line), "\uE001\uE002\uE003\uE004\uE005") {
		return template{}, errors.New("an event holds a character that the templates need")
	}
	var event map[string]any
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&event); err != nil {
		return template{}, err
	}
	pierce(event, people)
	for _, key := range []string{"timestamp", "originalTimestamp", "sentAt", "receivedAt"} {
		event[key] = holeTime.mark()
	}
	event["messageId"] = "message-" + holeMessage.mark()
	number(event)
	text, err := json.Marshal(event) // sorts keys and escapes <, > and & as RudderStack does
	if err != nil {
		return template{}, err
	}
	t := template{}
	if t.key, _ = event["userId"].(string); t.key == "" {
		t.key, _ = event["anonymousId"].(string)
	}
	t.cut(string(text))
	return t, nil
}

// number gives the event a place for its number, where the destination shows it.
func number(event map[string]any) {
	into := "properties"
	if kind, _ := event["type"].(string); kind == "identify" || kind == "group" {
		into = "traits"
	}
	members, ok := event[into].(map[string]any)
	if !ok {
		members = map[string]any{}
		event[into] = members
	}
	members["_seq"] = holeSeq.mark()
}

// pierce puts holes where a value says who somebody is, at any depth.
func pierce(value any, people map[string]bool) {
	switch v := value.(type) {
	case []any:
		for _, e := range v {
			pierce(e, people)
		}
	case map[string]any:
		for key, e := range v {
			text, ok := e.(string)
			switch {
			case !ok:
				pierce(e, people)
			case text == "":
			case isToken(key): // removed in one story, it does not come back in the next
				v[key] = text + "-" + holeCopy.mark() + "-" + holeVisit.mark()
			case people[text] || identifies(key):
				v[key] = copyOf(text)
			}
		}
	}
}

func isToken(key string) bool {
	switch strings.ToLower(key) {
	case "token", "devicetoken", "device_token":
		return true
	default:
		return false
	}
}

// identifies reports whether a member of this name holds what belongs to one person.
func identifies(key string) bool {
	switch strings.ToLower(key) {
	case "email", "rudderid", "userid", "anonymousid", "previousid":
		return true
	default:
		return false
	}
}

// copyOf puts the hole behind an id, and in front of the @ of an address, which stays one.
func copyOf(id string) string {
	at := strings.LastIndexByte(id, '@')
	if at <= 0 {
		at = len(id)
	}
	return id[:at] + "-" + holeCopy.mark() + id[at:]
}

func (t *template) cut(text string) {
	for {
		at := strings.IndexFunc(text, func(r rune) bool { return r >= rune(holeCopy) && r <= rune(holeSeq) })
		if at < 0 {
			t.text = append(t.text, text)
			return
		}
		const width = len("\uE001")
		h, end := hole([]rune(text[at : at+width])[0]), at+width
		if h == holeSeq { // a number: its quotes go
			at, end = at-1, end+1
		}
		t.text = append(t.text, text[:at])
		t.holes = append(t.holes, h)
		text = text[end:]
	}
}
