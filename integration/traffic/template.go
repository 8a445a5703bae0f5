package traffic

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pintle-io/pintle/schema/events"
)

// hole is a place in a template that is filled for each event.
type hole byte

const (
	holeUser hole = iota + 1
	holeAnonymous
	holeEmail
	holeToken
	holeMessage
	holeTime
	holeSeq
)

// mark is what stands for a hole in the JSON text of a template, with its quotes.
func (h hole) mark() string { return fmt.Sprintf("@@hole-%d@@", h) }

// template is a real event cut at its holes: text[0] hole[0] text[1] hole[1] … text[n].
type template struct {
	kind      string // track, identify, page or screen
	anonymous bool   // it has no user id
	off       bool   // its integrations exclude Customer.io
	text      [][]byte
	holes     []hole
}

// templates returns the events of the corpus that reach Customer.io one to one and with their number:
// identify, track, page and screen. (An alias or a group would join people whom the order checks keep
// apart; what an Application Uninstalled becomes has no room for a number.)
// Of the corpus, only the files whose names begin with one of sources are taken; no sources: all.
func templates(sources []string) ([]template, error) {
	var all []template
	for name, line := range events.All() {
		wanted := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
		if len(sources) > 0 && !slices.ContainsFunc(sources, wanted) {
			continue
		}
		t, err := compile(line)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if t != nil {
			all = append(all, *t)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the corpus has nothing to multiply of %q", sources)
	}
	return all, nil
}

// compile makes a template of one event; nil when it is not to be multiplied.
func compile(line []byte) (*template, error) {
	var event map[string]any
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&event); err != nil {
		return nil, fmt.Errorf("an event of the corpus: %w", err)
	}
	kind, _ := event["type"].(string)
	into := "properties"
	switch strings.ToLower(kind) {
	case "identify":
		into = "traits"
	case "track", "page", "screen":
	default:
		return nil, nil //nolint:nilnil // said above
	}
	if event["event"] == "Application Uninstalled" {
		return nil, nil //nolint:nilnil // said above
	}
	user, _ := event["userId"].(string)
	pierce(event)
	for _, key := range []string{"timestamp", "originalTimestamp", "sentAt", "receivedAt"} {
		event[key] = holeTime.mark()
	}
	event["messageId"] = holeMessage.mark()
	event["anonymousId"] = holeAnonymous.mark()
	if user != "" {
		event["userId"] = holeUser.mark()
	}
	members, ok := event[into].(map[string]any)
	if !ok {
		members = map[string]any{}
	}
	members["_seq"] = holeSeq.mark()
	event[into] = members
	text, err := json.Marshal(event) // escapes <, > and & as RudderStack does
	if err != nil {
		return nil, fmt.Errorf("write an event of the corpus: %w", err)
	}
	t := &template{kind: strings.ToLower(kind), anonymous: user == "", off: off(event["integrations"])}
	t.cut(text)
	return t, nil
}

// off reads the choice of destinations as the SDKs of the corpus write it.
func off(integrations any) bool {
	choice, _ := integrations.(map[string]any)
	for _, name := range []string{"Customer.io", "Customer IO"} {
		if on, ok := choice[name]; ok {
			return on == false
		}
	}
	return choice["All"] == false || choice["all"] == false
}

// pierce puts holes where a value says who a person or a device is, at any depth.
func pierce(value any) {
	switch v := value.(type) {
	case []any:
		for _, e := range v {
			pierce(e)
		}
	case map[string]any:
		for key, e := range v {
			if text, ok := e.(string); !ok || text == "" {
				pierce(e)
				continue
			}
			switch strings.ToLower(key) {
			case "email":
				v[key] = holeEmail.mark()
			case "token", "devicetoken", "device_token":
				v[key] = holeToken.mark()
			case "userid":
				v[key] = holeUser.mark()
			case "anonymousid":
				v[key] = holeAnonymous.mark()
			}
		}
	}
}

func (t *template) cut(text []byte) {
	for {
		at := bytes.Index(text, []byte("@@hole-"))
		if at < 0 {
			t.text = append(t.text, text)
			return
		}
		h := hole(text[at+len("@@hole-")] - '0')
		end := at + len(h.mark())
		if h == holeSeq { // a number: its quotes go
			at, end = at-1, end+1
		}
		t.text = append(t.text, text[:at])
		t.holes = append(t.holes, h)
		text = text[end:]
	}
}
