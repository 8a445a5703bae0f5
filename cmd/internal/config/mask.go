package config

import (
	"strings"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// hidden stands where a line of the file would show what is nobody's business.
const hidden = "***"

// masks know which parts of a file's lines are not shown: values of secrets, values of keys that do
// not exist (they may be secrets under a misspelled key), what stands in the place of a group, addresses
// with more than a host, and comments (an old secret often stays in one).
type masks struct {
	spans map[int][]span // by line, in order
	texts []string       // what stands there; a second guard, should a position be wrong
}

// span is a part of a line, in columns from 1; to is behind its end.
type span struct{ from, to int }

// rest is a column behind the end of any line.
const rest = 1 << 30

// leastText is the shortest text that is worth looking for where it should not be.
const leastText = 4

// newMasks finds what to hide. known are the names of all keys that exist, true for those that have a value
// and false for groups, open the places of texts that are no secret whatever their name.
func newMasks(src string, known map[string]bool, open map[place]bool) *masks {
	m := &masks{spans: map[int][]span{}}
	lines := strings.Count(src, "\n") + 1
	hide := false
	for _, t := range lexer.Tokenize(src) {
		switch {
		case t.Type == token.CommentType:
			m.add(t.Position.Line, t.Position.Column+1, rest, t.Value)
		case !isScalar(t):
		case t.Next != nil && t.Next.Type == token.MappingValueType:
			hide = !open[placeOfToken(t)] && (secretKey(t.Value) || !known[t.Value])
		case open[placeOfToken(blockOf(t))]:
		case hide, private(t.Value):
			m.between(t, lines)
		}
	}
	return m
}

// blockOf is the token that a text begins with: of a block the | or >, else its own.
func blockOf(t *token.Token) *token.Token {
	head := t.Prev
	if head != nil && head.Type == token.CommentType {
		head = head.Prev
	}
	if head != nil && (head.Type == token.LiteralType || head.Type == token.FoldedType) {
		return head
	}
	return t
}

// private tells whether a text is an address with a password, or one with a path or a query, which hold
// the tokens of proxies.
func private(text string) bool {
	_, address, _ := strings.Cut(text, "://")
	return strings.Contains(text, "@") || strings.ContainsAny(strings.TrimRight(address, "/"), "/?#")
}

// between hides a value: all from the token before it to the token behind it. Positions of those are
// dependable; that of a text of several lines is not.
func (m *masks) between(t *token.Token, lines int) {
	line, column := 1, 1
	if t.Prev != nil {
		line, column = t.Prev.Position.Line, t.Prev.Position.Column+1
	}
	last, end := lines, rest
	if t.Next != nil {
		last, end = t.Next.Position.Line, t.Next.Position.Column
	}
	for ; line < last; line, column = line+1, 1 {
		m.add(line, column, rest, "")
	}
	m.add(line, column, end, t.Value)
}

func (m *masks) add(line, from, to int, text string) {
	m.spans[line] = append(m.spans[line], span{from, to})
	for part := range strings.SplitSeq(text, "\n") {
		if part = strings.TrimSpace(part); len(part) >= leastText {
			m.texts = append(m.texts, part)
		}
	}
}

func isScalar(t *token.Token) bool {
	switch t.Type {
	case token.MappingValueType, token.MappingStartType, token.MappingEndType, token.MappingKeyType,
		token.SequenceStartType, token.SequenceEndType, token.SequenceEntryType, token.CollectEntryType,
		token.LiteralType, token.FoldedType, token.TagType, token.AnchorType, token.AliasType, token.MergeKeyType,
		token.DocumentHeaderType, token.DocumentEndType, token.DirectiveType, token.CommentType:
		return false
	default:
		return true
	}
}

// excerpt returns a line without what is hidden, and where a column of it has moved to.
func (m *masks) excerpt(text string, line, column int) (shown string, caret int) {
	runes := []rune(strings.TrimRight(text, " "))
	var b strings.Builder
	at := 1
	for _, s := range m.spans[line] {
		from, to := trim(runes, max(s.from, at), min(s.to, len(runes)+1))
		if from >= to {
			continue
		}
		b.WriteString(string(runes[at-1:from-1]) + hidden)
		switch {
		case column >= to:
			caret += len(hidden) - (to - from)
		case column > from:
			caret -= column - from
		}
		at = to
	}
	if at <= len(runes) {
		b.WriteString(string(runes[at-1:]))
	}
	shown = b.String()
	for _, text := range m.texts {
		shown = strings.ReplaceAll(shown, text, hidden)
	}
	return shown, column + caret
}

// trim narrows a span to what is not blank.
func trim(runes []rune, from, to int) (int, int) {
	for from < to && runes[from-1] == ' ' {
		from++
	}
	for from < to && runes[to-2] == ' ' {
		to--
	}
	return from, to
}

// broken returns what may be shown of a line of a file that is no YAML, where nobody can tell what is
// a secret: the key, if it is one that exists.
func broken(text string, known map[string]bool) string {
	indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
	key, value, ok := strings.Cut(text, ":")
	switch {
	case strings.TrimSpace(text) == "":
		return ""
	case !ok || !exists(known, strings.TrimSpace(key)):
		return indent + hidden
	case strings.TrimSpace(value) == "":
		return key + ":"
	default:
		return key + ": " + hidden
	}
}

func exists(known map[string]bool, key string) bool {
	_, ok := known[key]
	return ok
}

// secretKey tells whether a key, dotted or not, names a secret; misspelled ones count.
func secretKey(key string) bool {
	last := strings.ToLower(key[strings.LastIndexByte(key, '.')+1:])
	for _, word := range []string{"site", "key", "pass", "pwd", "secret", "token"} {
		if strings.Contains(last, word) {
			// The name of a file is none.
			return !strings.HasSuffix(last, "_file")
		}
	}
	return false
}
