package customerio

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSingleCall(t *testing.T) {
	data := `{"a":"` + strings.Repeat("x", EventDataBytes-len(`{"a":""}`)) + `"}`
	tests := []struct {
		name, item                     string
		wantMethod, wantPath, wantBody string
		wantErr                        string
	}{
		{
			name:       "identify",
			item:       `{"type":"person","action":"identify","identifiers":{"id":"u 1/ä"},"attributes":{"plan":"pro","a.b":1.50,"anonymous_id":"x","_update":true,"plan":"free"},"timestamp":1700000000}`,
			wantMethod: "PUT", wantPath: "/api/v1/customers/u%201%2F%C3%A4",
			wantBody: `{"plan":"free","a.b":1.50,"anonymous_id":"x","_update":true,"_timestamp":1700000000}`,
		},
		{
			name:       "identify by e-mail, relations, time of its own",
			item:       `{"type":"person","action":"identify","identifiers":{"email":"a+b@c.de"},"attributes":{"_timestamp":1},"timestamp":2,"cio_relationships":[{"identifiers":{"object_type_id":"1","object_id":"o"}}]}`,
			wantMethod: "PUT", wantPath: "/api/v1/customers/a%2Bb%40c.de",
			wantBody: `{"_timestamp":2,"cio_relationships":{"action":"add_relationships","relationships":[{"identifiers":{"object_type_id":"1","object_id":"o"}}]}}`,
		},
		{
			name:       "identify by cio_id, nothing to say",
			item:       `{"type":"person","action":"identify","identifiers":{"cio_id":"a3000"}}`,
			wantMethod: "PUT", wantPath: "/api/v1/customers/cio_a3000", wantBody: `{}`,
		},
		{
			name:       "identify with attributes that are called like what has a place of its own",
			item:       `{"type":"person","action":"identify","identifiers":{"id":"u1"},"attributes":{"cio_relationships":1,"_timestamp":2},"cio_relationships":[]}`,
			wantMethod: "PUT", wantPath: "/api/v1/customers/u1",
			wantBody: `{"_timestamp":2,"cio_relationships":{"action":"add_relationships","relationships":[]}}`,
		},
		{
			name:       "and with nothing in that place",
			item:       `{"type":"person","action":"identify","identifiers":{"id":"u1"},"attributes":{"cio_relationships":1,"_timestamp":2}}`,
			wantMethod: "PUT", wantPath: "/api/v1/customers/u1", wantBody: `{"cio_relationships":1,"_timestamp":2}`,
		},
		{
			name:       "event",
			item:       `{"type":"person","action":"event","identifiers":{"id":"u1"},"name":"Order Completed","id":"01HB4HBDKTFWYZCK01DMRSWRFD","timestamp":1700000000,"attributes":{"total":12.340}}`,
			wantMethod: "POST", wantPath: "/api/v1/customers/u1/events",
			wantBody: `{"name":"Order Completed","id":"01HB4HBDKTFWYZCK01DMRSWRFD","timestamp":1700000000,"data":{"total":12.340}}`,
		},
		{
			name:       "page of somebody unknown",
			item:       `{"type":"person","action":"page","identifiers":{"anonymous_id":"anon-1"},"name":"/home","attributes":{}}`,
			wantMethod: "POST", wantPath: "/api/v1/events",
			wantBody: `{"anonymous_id":"anon-1","name":"/home","type":"page","data":{}}`,
		},
		{
			name:       "screen",
			item:       ` { "type" : "person" , "action" : "screen" , "identifiers" : { "id" : "." } , "name" : "Main" , "timestamp" : null } `,
			wantMethod: "POST", wantPath: "/api/v1/customers/%2E/events", wantBody: `{"name":"Main","type":"screen"}`,
		},
		{
			name:       "add_device",
			item:       `{"type":"person","action":"add_device","identifiers":{"id":".."},"device":{"token":"t/1","platform":"ios","last_used":5,"attributes":{"a":"b"}}}`,
			wantMethod: "PUT", wantPath: "/api/v1/customers/%2E%2E/devices",
			wantBody: `{"device":{"id":"t/1","platform":"ios","last_used":5,"attributes":{"a":"b"}}}`,
		},
		{
			name:       "delete_device",
			item:       `{"type":"person","action":"delete_device","identifiers":{"id":"u1"},"device":{"token":"a:b/c"}}`,
			wantMethod: "DELETE", wantPath: "/api/v1/customers/u1/devices/a%3Ab%2Fc",
		},
		{name: "delete", item: `{"type":"person","action":"delete","identifiers":{"id":"u1"}}`, wantMethod: "DELETE", wantPath: "/api/v1/customers/u1"},
		{name: "suppress", item: `{"type":"person","action":"suppress","identifiers":{"id":"u1"}}`, wantMethod: "POST", wantPath: "/api/v1/customers/u1/suppress"},
		{name: "unsuppress", item: `{"type":"person","action":"unsuppress","identifiers":{"id":"u1"}}`, wantMethod: "POST", wantPath: "/api/v1/customers/u1/unsuppress"},
		{
			name:       "merge",
			item:       `{"type":"person","action":"merge","primary":{"id":"a@b.co"},"secondary":{"cio_id":"x"}}`,
			wantMethod: "POST", wantPath: "/api/v1/merge_customers", wantBody: `{"primary":{"id":"a@b.co"},"secondary":{"cio_id":"x"}}`,
		},
		{name: "all that needs no escape", item: `{"type":"person","action":"delete","identifiers":{"id":"azAZ09-_~."}}`, wantMethod: "DELETE", wantPath: "/api/v1/customers/azAZ09-_~."},
		{name: "and what stands beside it", item: "{\"type\":\"person\",\"action\":\"delete\",\"identifiers\":{\"id\":\"`{@[/:\"}}", wantErr: "another kind"},
		{name: "an id that begins with @", item: `{"type":"person","action":"delete","identifiers":{"id":"@ab.co"}}`, wantMethod: "DELETE", wantPath: "/api/v1/customers/%40ab.co"},
		{name: "an id that ends with @", item: `{"type":"person","action":"delete","identifiers":{"id":"ab@"}}`, wantMethod: "DELETE", wantPath: "/api/v1/customers/ab%40"},
		{name: "the shortest e-mail address", item: `{"type":"person","action":"delete","identifiers":{"email":"a@b"}}`, wantMethod: "DELETE", wantPath: "/api/v1/customers/a%40b"},
		{name: "as much data as v1 takes", item: `{"type":"person","action":"event","identifiers":{"anonymous_id":"a"},"attributes":` + data + `}`, wantMethod: "POST", wantPath: "/api/v1/events", wantBody: `{"anonymous_id":"a","data":` + data + `}`},
		{name: "id like an e-mail", item: `{"type":"person","action":"delete","identifiers":{"id":"a@b.co"}}`, wantErr: "another kind of identifier"},
		{name: "id like a cio_id", item: `{"type":"person","action":"delete","identifiers":{"id":"cio_1"}}`, wantErr: "another kind of identifier"},
		{name: "e-mail like an id", item: `{"type":"person","action":"delete","identifiers":{"email":"nobody"}}`, wantErr: "another kind of identifier"},
		{name: "cio_id with its prefix", item: `{"type":"person","action":"delete","identifiers":{"cio_id":"cio_1"}}`, wantErr: "another kind of identifier"},
		{name: "phone", item: `{"type":"person","action":"delete","identifiers":{"phone":"+1"}}`, wantErr: "another kind of identifier"},
		{name: "empty id", item: `{"type":"person","action":"delete","identifiers":{"id":""}}`, wantErr: "exactly one identifier"},
		{name: "number as id", item: `{"type":"person","action":"delete","identifiers":{"id":4}}`, wantErr: "exactly one identifier"},
		{name: "two ids", item: `{"type":"person","action":"delete","identifiers":{"id":"a","email":"a@b.co"}}`, wantErr: "exactly one identifier"},
		{name: "no ids", item: `{"type":"person","action":"delete"}`, wantErr: "cannot be read"},
		{name: "anonymous identify", item: `{"type":"person","action":"identify","identifiers":{"anonymous_id":"a"}}`, wantErr: "another kind of identifier"},
		{name: "token that is a directory", item: `{"type":"person","action":"delete_device","identifiers":{"id":"u1"},"device":{"token":".."}}`, wantErr: "device token"},
		{name: "token missing", item: `{"type":"person","action":"delete_device","identifiers":{"id":"u1"},"device":{}}`, wantErr: "device token"},
		{name: "half a merge", item: `{"type":"person","action":"merge","primary":{"id":"a"}}`, wantErr: "primary and secondary"},
		{name: "object", item: `{"type":"object","action":"identify","identifiers":{"object_type_id":"1","object_id":"o"}}`, wantErr: "no such operation"},
		{name: "relationships", item: `{"type":"person","action":"add_relationships","identifiers":{"id":"u1"}}`, wantErr: "no such operation"},
		{name: "attributes are no object", item: `{"type":"person","action":"identify","identifiers":{"id":"u1"},"attributes":[]}`, wantErr: "cannot be read"},
		{name: "a new device is no object", item: `{"type":"person","action":"add_device","identifiers":{"id":"u1"},"device":1}`, wantErr: "cannot be read"},
		{name: "nor is an old one", item: `{"type":"person","action":"delete_device","identifiers":{"id":"u1"},"device":1}`, wantErr: "cannot be read"},
		{name: "the person of an event is none", item: `{"type":"person","action":"event","identifiers":[]}`, wantErr: "cannot be read"},
		{name: "not JSON", item: `{"type":"person","action"`, wantErr: "cannot be read"},
		{name: "a byte more", item: `{"type":"person","action":"event","identifiers":{"anonymous_id":"a"},"attributes":{"ab":` + data[5:] + `}`, wantErr: "100000 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := singleCall([]byte(tt.item))
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Fatalf("got %+v, %v; want an error about %q", got, err, tt.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := []string{tt.wantMethod, tt.wantPath, tt.wantBody}
			if diff := cmp.Diff(want, []string{got.method, got.path, string(got.body)}); diff != "" {
				t.Errorf("call (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzSegment(f *testing.F) {
	for _, s := range []string{"u1", "a@b.co", "cio_a", ".", "..", "a/b", "%2e", "ä", "\x00", "a?b#c", "日本"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		path := "/api/v1/customers/" + escape(s) + "/events"
		req, err := http.NewRequest(http.MethodPost, "https://h"+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if got := req.URL.EscapedPath(); got != path {
			t.Fatalf("the wire has %q, want %q", got, path)
		}
		parts := strings.Split(req.URL.EscapedPath(), "/")
		if len(parts) != 6 {
			t.Fatalf("%q has %d segments", path, len(parts))
		}
		if got, err := url.PathUnescape(parts[4]); err != nil || got != s {
			t.Errorf("%q arrives as %q, %v", s, got, err)
		}
	})
}
