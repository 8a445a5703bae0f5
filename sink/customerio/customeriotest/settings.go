package customeriotest

import (
	"net/http"
	"time"
)

// Settings are a workspace's. The zero value is a workspace in the US that takes any credentials,
// identifies people by id and email, and has the limits that Customer.io publishes. The JSON names
// are those of PUT /control/settings.
type Settings struct {
	// SiteID and APIKey are the credentials; both empty: any, but there must be some.
	SiteID string `json:"site_id"`
	APIKey string `json:"api_key"`
	// Region is the account's, "us" or "eu"; empty: us.
	Region string `json:"region"`
	// Listener is the region that this server listens for; empty: the account's.
	Listener string `json:"listener"`
	// Elsewhere is the base URL of the other region, to which the US redirects.
	Elsewhere string `json:"elsewhere"`
	// RedirectStatus is how it redirects; 0: 301.
	RedirectStatus int `json:"redirect_status"`

	// Latency is slept before every answer.
	Latency time.Duration `json:"latency"`
	// Now is the clock; nil: time.Now.
	Now func() time.Time `json:"-"`

	// NoEmail, NoID and Phone choose what identifies a person; by default id and email do.
	NoEmail bool `json:"no_email"`
	NoID    bool `json:"no_id"`
	Phone   bool `json:"phone"`
	// EmailByID lets the email of a person be changed by one who names the id.
	EmailByID bool `json:"email_by_id"`
	// NoAnonymousMerge leaves anonymous events alone when an identify claims them.
	NoAnonymousMerge bool `json:"no_anonymous_merge"`
	// NoAutoMerge drops the second identifier instead of merging the two people it names.
	NoAutoMerge bool `json:"no_auto_merge"`
	// NoV2Anonymous refuses anonymous_id in identifiers, which the published schema does not have.
	NoV2Anonymous bool `json:"no_v2_anonymous"`
	// ObjectTypes are those that exist; nil: "1".
	ObjectTypes []string `json:"object_types"`
	// SuppressedStatus answers operations on suppressed people; 0: 200, and a drop. 400 is the other.
	SuppressedStatus int `json:"suppressed_status"`
	// StaleProfile drops a whole identify that is older than the profile's newest edit; by default
	// each attribute is judged by itself.
	StaleProfile bool `json:"stale_profile"`
	// DedupeWindow is how long the id of an event is remembered; 0: for ever.
	DedupeWindow time.Duration `json:"dedupe_window"`
	// Remember bounds the memory of a stand-in that runs for long: so many ids, and as many contents, are
	// remembered at least, twice as many at most; 0: all. A repeat of anything older is not recognized.
	Remember int `json:"remember"`

	// NoStrictULID takes any text as the id of an event.
	NoStrictULID bool `json:"no_strict_ulid"`
	// NumericID takes numbers as identifiers, with a warning.
	NumericID bool `json:"numeric_id"`
	// TextTimestamp takes digits in quotes as timestamps.
	TextTimestamp bool `json:"text_timestamp"`
	// StrictContentType refuses bodies that do not say they are JSON.
	StrictContentType bool `json:"strict_content_type"`
	// StrictFields refuses unknown fields of items.
	StrictFields bool `json:"strict_fields"`
	// StrictDevices refuses attributes of devices that are not texts.
	StrictDevices bool `json:"strict_devices"`
	// AcceptGzip takes compressed bodies, which the API is not known to do.
	AcceptGzip bool `json:"accept_gzip"`
	// FirstErrorOnly reports one error per item.
	FirstErrorOnly bool `json:"first_error_only"`
	// AllInvalidStatus answers a batch without a valid item; 0: 207.
	AllInvalidStatus int `json:"all_invalid_status"`
	// OversizeStatus answers a body that is too large; 0: 400.
	OversizeStatus int `json:"oversize_status"`
	// ErrorShapeV1 is "error" or "errors" to make v1 answers have that form alone.
	ErrorShapeV1 string `json:"error_shape_v1"`
	// WarnHistory warns of events that are older than 72 hours and of times as text.
	WarnHistory bool `json:"warn_history"`

	// The limits, in bytes unless said otherwise. 0: what is published (batches 500,000, items 32,000,
	// event data of v1 100,000, names of events 100, identifiers and names of attributes 150, values of
	// attributes 1,000, 300 attributes). MaxBatchItems 0: none.
	BatchBytes     int `json:"batch_bytes"`
	ItemBytes      int `json:"item_bytes"`
	DataBytes      int `json:"data_bytes"`
	NameBytes      int `json:"name_bytes"`
	IDBytes        int `json:"id_bytes"`
	AttributeBytes int `json:"attribute_bytes"`
	ValueBytes     int `json:"value_bytes"`
	Attributes     int `json:"attributes"`
	MaxBatchItems  int `json:"max_batch_items"`
	// RateLimit is in requests a second, above which the answer is 429; 0: none. RateBurst is how many
	// may come at once; 0: as many as in one second.
	RateLimit float64 `json:"rate_limit"`
	RateBurst int     `json:"rate_burst"`
	// RateExcess is what happens above the limit: empty for 429, "drop" for an answer of 200 and the
	// drop rate_limit, "block" for 403 to everything for RateBlock (0: a minute).
	RateExcess string        `json:"rate_excess"`
	RateBlock  time.Duration `json:"rate_block"`

	// SeqKey is the attribute in which a test numbers its events; empty: "_seq".
	SeqKey string `json:"seq_key"`
	// KeepEvents keeps the attributes of events, KeepBodies the bodies of requests.
	KeepEvents bool `json:"keep_events"`
	KeepBodies bool `json:"keep_bodies"`
	// Lean keeps neither profiles' attributes, devices, objects, people who were deleted or merged into
	// others, notes of drops and warnings, nor the ledger: it validates, counts, recognizes repeats, and
	// checks the order. With Remember its memory is bounded by the number of identifiers that it is sent.
	Lean bool `json:"lean"`
	// Watch is told what becomes of the items of each request at the moment when they are taken; nil:
	// nobody. It is called for one request at a time, and must not call the stand-in.
	Watch func(*http.Request, []Item) `json:"-"`
	// RequestLog is how many requests are remembered; 0: 10,000.
	RequestLog int `json:"request_log"`
}

// withDefaults returns the settings with the defaults in the place of zeros.
func (s Settings) withDefaults() Settings {
	for _, f := range []struct {
		field *int
		value int
	}{
		{&s.RedirectStatus, http.StatusMovedPermanently},
		{&s.SuppressedStatus, http.StatusOK},
		{&s.AllInvalidStatus, http.StatusMultiStatus},
		{&s.OversizeStatus, http.StatusBadRequest},
		{&s.BatchBytes, 500_000},
		{&s.ItemBytes, 32_000},
		{&s.DataBytes, 100_000},
		{&s.NameBytes, 100},
		{&s.IDBytes, 150},
		{&s.AttributeBytes, 150},
		{&s.ValueBytes, 1000},
		{&s.Attributes, 300},
		{&s.RequestLog, 10_000},
	} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	for _, f := range []struct {
		field *string
		value string
	}{{&s.Region, "us"}, {&s.SeqKey, "_seq"}} {
		if *f.field == "" {
			*f.field = f.value
		}
	}
	if s.Listener == "" {
		s.Listener = s.Region
	}
	if s.ObjectTypes == nil {
		s.ObjectTypes = []string{"1"}
	}
	if s.RateBlock == 0 {
		s.RateBlock = time.Minute
	}
	if s.RateBurst == 0 {
		s.RateBurst = max(1, int(s.RateLimit))
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	return s
}
