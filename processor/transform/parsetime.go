package transform

import (
	"bytes"
	"slices"
	"strconv"
	"time"

	"github.com/pintle-io/pintle/schema"
)

// Numbers from secondsFrom (March 1973: what is less is a count of something else) and below secondsBelow are seconds (up to the year 5138), those below millisBelow milliseconds
// (up to the same moment). Beyond is no time.
const (
	secondsFrom  = 100_000_000
	secondsBelow = 100_000_000_000
	millisBelow  = secondsBelow * 1000
)

// gsonLayout is how Android's Gson writes a date, by local time and without a zone: it is read as UTC.
const gsonLayout = "Jan 2, 2006, 3:04:05 PM"

// parseTime reads a time in milliseconds since 1970: RFC 3339 with any offset, or without one (UTC),
// a blank in place of the T, a date alone, seconds, milliseconds, either of them as text, and the
// dates of RudderStack's Android SDK. What lies at or before the first moment of 1970 is no time.
func parseTime(v schema.Value) (ms int64, ok bool) {
	switch v.Kind() {
	case schema.Number:
		ms, ok = parseNumber(v)
	case schema.String:
		text, _ := v.Text()
		text = bytes.TrimSpace(text)
		if ms, ok = parseRFC3339(text); ok {
			break
		}
		if ms, ok = parseNumber(text); ok {
			break
		}
		ms, ok = parseGson(text)
	default:
	}
	return ms, ok && ms > 0
}

// parseNumber reads seconds or milliseconds. A fraction counts for seconds.
func parseNumber(s []byte) (ms int64, ok bool) {
	if len(s) == 0 || len(s) > 32 {
		return 0, false
	}
	if n, err := strconv.ParseInt(string(s), 10, 64); err == nil {
		switch {
		case n < secondsFrom:
			return parseDay(s)
		case n >= millisBelow:
			return 0, false
		case n < secondsBelow:
			return n * 1000, true
		}
		return n, true
	}
	if c := s[len(s)-1]; c < '0' || c > '9' { // no NaN, no Inf
		return 0, false
	}
	f, err := strconv.ParseFloat(string(s), 64)
	switch {
	case err != nil, !(f >= secondsFrom && f < millisBelow):
		return 0, false
	case f < secondsBelow:
		return int64(f * 1000), true
	}
	return int64(f), true
}

// parseDay reads the eight digits of a day, 20060102.
func parseDay(s []byte) (ms int64, ok bool) {
	if len(s) != len("20060102") {
		return 0, false
	}
	return parseRFC3339(slices.Concat(s[:4], []byte("-"), s[4:6], []byte("-"), s[6:]))
}

// parseGson reads the dates of RudderStack's Android SDK.
func parseGson(s []byte) (ms int64, ok bool) {
	if len(s) < len("Jan 2, 2006, 3:04:05 PM") || len(s) > 32 {
		return 0, false
	}
	// Newer Java puts a narrow no-break space before AM and PM.
	s = bytes.ReplaceAll(s, []byte("\u202f"), []byte(" "))
	t, err := time.Parse(gsonLayout, string(s))
	return t.UnixMilli(), err == nil
}

// parseRFC3339 reads 2006-01-02, optionally with T15:04:05, a fraction and an offset. It is written
// out because it runs for every event; [time.Parse] costs several times as much.
func parseRFC3339(s []byte) (ms int64, ok bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	year, okY := digits(s[:4])
	month, okM := digits(s[5:7])
	day, okD := digits(s[8:10])
	if !okY || !okM || !okD || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	ms = daysSince1970(year, month, day) * 86_400_000
	if len(s) == 10 {
		return ms, true
	}
	if s[10] != 'T' && s[10] != 't' && s[10] != ' ' {
		return 0, false
	}
	clock, rest, ok := parseClock(s[11:])
	if !ok {
		return 0, false
	}
	offset, ok := parseOffset(rest)
	return ms + clock - offset, ok
}

// parseClock reads 15:04:05 and a fraction at the head of s, in milliseconds. Digits beyond
// milliseconds are cut off.
func parseClock(s []byte) (ms int64, rest []byte, ok bool) {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' {
		return 0, nil, false
	}
	hour, okH := digits(s[:2])
	minute, okM := digits(s[3:5])
	second, okS := digits(s[6:8])
	if !okH || !okM || !okS || hour > 23 || minute > 59 || second > 59 {
		return 0, nil, false
	}
	ms = (hour*3600 + minute*60 + second) * 1000
	s = s[8:]
	if len(s) == 0 || s[0] != '.' && s[0] != ',' {
		return ms, s, true
	}
	i := 1
	for scale := int64(100); i < len(s) && s[i]-'0' <= 9; i++ {
		ms += int64(s[i]-'0') * scale
		scale /= 10
	}
	return ms, s[i:], i > 1
}

// parseOffset reads Z, ±hh:mm, ±hhmm, ±hh or nothing, in milliseconds.
func parseOffset(s []byte) (ms int64, ok bool) {
	switch {
	case len(s) == 0, len(s) == 1 && s[0]|0x20 == 'z':
		return 0, true
	case len(s) < 3 || s[0] != '+' && s[0] != '-':
		return 0, false
	}
	hour, ok := digits(s[1:3])
	rest, minute := s[3:], int64(0)
	if ok && len(rest) > 0 {
		if rest[0] == ':' {
			rest = rest[1:]
		}
		if len(rest) != 2 {
			return 0, false
		}
		minute, ok = digits(rest)
	}
	if !ok || hour > 23 || minute > 59 {
		return 0, false
	}
	ms = (hour*60 + minute) * 60_000
	if s[0] == '-' {
		ms = -ms
	}
	return ms, true
}

func digits(s []byte) (n int64, ok bool) {
	for _, c := range s {
		if c-'0' > 9 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

func daysIn(year, month int64) int64 {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	default:
		return 31
	}
}

// daysSince1970 counts days in the proleptic Gregorian calendar, with years that begin in March, so
// that a leap day is the last of its year.
func daysSince1970(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	const marchOfYear0 = 719_468 // days from 0000-03-01 to 1970-01-01
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - marchOfYear0
}
