package customerio

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pintle-io/pintle/sink"
)

// Bounds of a refusal's texts, in bytes. They go into letters, whose headers are bounded too.
const (
	maxCode    = 64
	maxField   = 256
	maxMessage = 1024
)

// complaint is one error that an answer lists.
type complaint struct {
	index   int // the op it is about; -1: it does not say, or says nonsense
	reason  string
	field   string
	message string
}

// errNotAnObject says that an answer's body is not what the API sends.
var errNotAnObject = errors.New("the body is not a JSON object of the Track API")

// parseComplaints reads the errors out of the body of an answer to n ops. It knows the shapes of both
// versions of the API: {"errors":[{batch_index, reason, field, message}]} and {"meta":{"error"}} or
// {"meta":{"errors":[]}}. It fails when the body is not one JSON object, or lists errors in a way
// that is in neither.
func parseComplaints(body []byte, n int) ([]complaint, error) {
	var doc struct {
		Errors json.RawMessage `json:"errors"`
		Meta   struct {
			Error  json.RawMessage   `json:"error"`
			Errors []json.RawMessage `json:"errors"`
		} `json:"meta"`
	}
	if b := bytes.TrimLeft(body, " \t\r\n"); len(b) == 0 || b[0] != '{' {
		return nil, errNotAnObject
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, errNotAnObject
	}
	var list []json.RawMessage
	if len(doc.Errors) > 0 && json.Unmarshal(doc.Errors, &list) != nil {
		return nil, errNotAnObject
	}
	var found []complaint
	for _, raw := range list {
		found = append(found, parseComplaint(raw, n))
	}
	if message := text(doc.Meta.Error); message != "" {
		found = append(found, complaint{index: -1, message: message})
	}
	for _, raw := range doc.Meta.Errors {
		found = append(found, complaint{index: -1, message: text(raw)})
	}
	return found, nil
}

// parseComplaint reads one entry of "errors". Any entry is a complaint, be it ever so odd.
func parseComplaint(raw json.RawMessage, n int) complaint {
	var entry struct {
		Index   json.RawMessage `json:"batch_index"`
		Reason  json.RawMessage `json:"reason"`
		Field   json.RawMessage `json:"field"`
		Message json.RawMessage `json:"message"`
		Detail  json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(raw, &entry) != nil {
		return complaint{index: -1, message: text(raw)}
	}
	c := complaint{index: -1, reason: text(entry.Reason), field: text(entry.Field), message: text(entry.Message)}
	if c.message == "" {
		c.message = text(entry.Detail)
	}
	// Digits alone: no text, fraction, exponent or sign can be taken for another op's index.
	if i, err := strconv.ParseUint(string(entry.Index), 10, 31); err == nil && int(i) < n {
		c.index = int(i)
	}
	return c
}

// text returns a JSON string's text, nothing for null, and the JSON itself for anything else.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// attributed reports whether every complaint names its op.
func attributed(found []complaint) bool {
	for _, c := range found {
		if c.index < 0 {
			return false
		}
	}
	return len(found) > 0
}

// refusal merges complaints about one op, or about a whole request, into one refusal. Code and field
// are those of the first.
func refusal(found []complaint) sink.Refusal {
	var r sink.Refusal
	var message strings.Builder
	for i, c := range found {
		if i == 0 {
			r.Code, r.Field = clip(c.reason, maxCode), clip(c.field, maxField)
		} else {
			message.WriteString("; ")
			if c.field != "" {
				message.WriteString(c.field)
				message.WriteString(": ")
			}
		}
		message.WriteString(c.message)
		if message.Len() > maxMessage {
			break
		}
	}
	r.Message = clip(message.String(), maxMessage)
	return r
}

// excerpt makes a refusal out of a body that is not the API's.
func excerpt(body []byte) sink.Refusal {
	return sink.Refusal{Message: clip(strings.TrimSpace(string(body[:min(len(body), 2*maxMessage)])), maxMessage)}
}

// clip returns the longest valid beginning of s within limit bytes, cut between characters, with
// what is not UTF-8 replaced.
func clip(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= limit {
		return s
	}
	for !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
