package transform_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/schema"
)

// fataler is what tests and properties have in common.
type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// timestampOf maps a track event whose timestamp is written so, and returns the operation's; "" when
// it has none.
func timestampOf(t fataler, m *transform.Mapper, written string, record time.Time) string {
	t.Helper()
	value := fmt.Sprintf(`{"type":"track","event":"e","userId":"u","messageId":"m","timestamp":%s}`, written)
	evs, err := schema.Decode(nil, []byte(value), schema.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	ops, out := m.Map(nil, &evs[0], schema.Source{Time: record})
	if !out.Mapped() {
		t.Fatalf("not mapped: %+v", out)
	}
	return string(schema.Value(ops[0].Body).Member("timestamp"))
}

func TestTimesAsWritten(t *testing.T) {
	m := newMapper(t, transform.Options{})
	const want = "1709626150" // 2024-03-05T08:09:10Z
	for _, written := range []string{
		`"2024-03-05T08:09:10Z"`, `"2024-03-05t08:09:10z"`, `"2024-03-05 08:09:10"`, `"2024-03-05T08:09:10.999999999Z"`,
		`"2024-03-05T08:09:10,5Z"`, `"2024-03-05T08:09:10+00:00"`, `"2024-03-05T13:39:10+05:30"`, `"2024-03-05T13:39:10+0530"`,
		`"2024-03-05T05:09:10-03"`, `"2024-03-04T23:09:10-09:00"`, `" 2024-03-05T08:09:10Z "`, `"2024\u002d03-05T08:09:10Z"`,
		`1709626150`, `1709626150123`, `1709626150.75`, `1.70962615e9`, `"1709626150"`, `"1709626150123"`,
		`"Mar 5, 2024, 8:09:10 AM"`, "\"Mar 5, 2024, 8:09:10\u202fAM\"",
	} {
		if got := timestampOf(t, m, written, recordTime()); got != want {
			t.Errorf("%s is %s, want %s", written, got, want)
		}
	}
}

func TestTimesThatAreNone(t *testing.T) {
	m := newMapper(t, transform.Options{})
	want := strconv.FormatInt(recordTime().Unix(), 10)
	for _, written := range []string{
		`""`, `"now"`, `"last week"`, `"2024-03"`, `"2024-02-30"`, `"2023-02-29"`, `"2024-13-01"`, `"2024-00-10"`, `"2024-03-05T"`,
		`"2024-03-05T8:09:10Z"`, `"2024-03-05T24:00:00Z"`, `"2024-03-05T08:60:10Z"`, `"2024-03-05T08:09:60Z"`,
		`"2024-03-05T08:09:10.Z"`, `"2024-03-05T08:09:10+5"`, `"2024-03-05T08:09:10+05:3"`, `"2024-03-05T08:09:10 UTC"`,
		`"2024-03-05T08:09:10+24:00"`, `"03/05/2024"`, `0`, `-1`, `1e15`, `1e400`, `99999999999999999999`, `"NaN"`, `"Infinity"`, `"0x10"`,
		`true`, `{}`, `[]`, `null`, `"1969-12-31T23:59:59.999Z"`, `"0001-01-01T00:00:00Z"`,
	} {
		if got := timestampOf(t, m, written, recordTime()); got != want {
			t.Errorf("%s is %s, want the record's time %s", written, got, want)
		}
	}
}

func TestNoTimeAnywhere(t *testing.T) {
	m := newMapper(t, transform.Options{})
	if got := timestampOf(t, m, "null", time.Time{}); got != "" {
		t.Errorf("timestamp = %s, want none", got)
	}
	if got := timestampOf(t, m, "4102444800", time.Time{}); got != "4102444800" {
		t.Errorf("timestamp = %s: a record without a time is no present", got)
	}
}

// TestTimesAgreeWithTime writes moments in every layout and holds what is read against package time.
func TestTimesAgreeWithTime(t *testing.T) {
	m := newMapper(t, transform.Options{})
	record := time.Date(2100, time.January, 1, 0, 0, 0, 0, time.UTC)
	layouts := []string{time.RFC3339, time.RFC3339Nano, "2006-01-02T15:04:05.000Z07:00", "2006-01-02 15:04:05Z0700", "2006-01-02T15:04:05.000000-07:00"}
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(1, record.UnixMilli()).Draw(t, "ms"))
		zone := time.FixedZone("", 60*rapid.IntRange(-14*60, 14*60).Draw(t, "minutes"))
		written := at.In(zone).Format(rapid.SampledFrom(layouts).Draw(t, "layout"))
		want := at.Unix()
		if want == 0 {
			t.Skip() // written without a fraction it is no time
		}
		if got := timestampOf(t, m, strconv.Quote(written), record); got != strconv.FormatInt(want, 10) {
			t.Fatalf("%s is %s, want %d", written, got, want)
		}
	})
}

// TestTimesOfAnyText checks that nothing that is no time is read as one, and that reading is within
// its bounds whatever is written.
func TestTimesOfAnyText(t *testing.T) {
	m := newMapper(t, transform.Options{})
	rapid.Check(t, func(t *rapid.T) {
		written := rapid.StringMatching(`"[0-9TZ:., +-]{0,32}"`).Draw(t, "written")
		got, err := strconv.ParseInt(timestampOf(t, m, written, recordTime()), 10, 64)
		if err != nil || got < 0 || got > recordTime().Unix() {
			t.Fatalf("%s is %d, %v", written, got, err)
		}
	})
}
