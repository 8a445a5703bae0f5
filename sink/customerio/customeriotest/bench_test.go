package customeriotest

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
)

// realItem returns an item of about a thousand bytes as RudderStack's events become.
func realItem(n int) string {
	const who = `"identifiers":{"id":"user-%d@tenant"},"timestamp":1700000%03d,"attributes":{`
	const rest = `"plan":"enterprise","revenue":129.95,"currency":"EUR","products":[{"product_id":"507f1f77bcf86cd799439011","sku":"G-32","name":"Monopoly: 3rd Edition","price":19,"quantity":1,"category":"Games","url":"https://www.example.com/product/path","image_url":"https://www.example.com/product/path.jpg"},{"product_id":"505bd76785ebb509fc183733","sku":"46493-32","name":"Uno Card Game","price":3,"quantity":2,"category":"Games"}],"coupon":"hasbros","checkout_id":"fksdjfsdjfisjf9sdfjsd9f","shipping":3,"tax":2.5,"discount":2.5,"affiliation":"Google Store","campaign":{"name":"Summer \"24\"","source":"newsletter","medium":"email","term":"games","content":"hero"},"page":{"path":"/checkout/thanks","referrer":"https://www.google.com/","search":"?utm=1","title":"Thank you","url":"https://shop.example.com/checkout/thanks"},"user_agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","locale":"de-DE","_seq":%d}}`
	if n%5 == 0 {
		return fmt.Sprintf(`{"type":"person","action":"identify",`+who+`"email_verified":true,"first_name":"Ada","last_name":"Lovelace","company":"Analytical Engines","city":"London","country":"UK","lifetime_value":%d,"last_seen":"2026-11-23T12:00:00Z","interests":["math","poetry"],"about":"%s","_seq":%d}}`, n%1000, n%1000, n, strings.Repeat("lorem ipsum ", 40), n)
	}
	return fmt.Sprintf(`{"type":"person","action":"event","name":"Order Completed","id":"01ARZ3NDEK%016d",`+who+rest, n, n%1000, n%1000, n)
}

// realBatches returns batches that are as full as they may be, with n items in all.
func realBatches(n int) (bodies [][]byte) {
	var b bytes.Buffer
	for i := range n {
		item := realItem(i)
		if b.Len()+len(item) > 499_000 {
			b.WriteString("]}")
			bodies = append(bodies, bytes.Clone(b.Bytes()))
			b.Reset()
		}
		if b.Len() == 0 {
			b.WriteString(`{"batch":[`)
		} else {
			b.WriteByte(',')
		}
		b.WriteString(item)
	}
	b.WriteString("]}")
	return append(bodies, b.Bytes())
}

// discard is a ResponseWriter that keeps the status alone.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

// BenchmarkBatch takes full batches of items of a thousand bytes, without a network.
func BenchmarkBatch(b *testing.B) {
	for _, mode := range []struct {
		name string
		set  Settings
	}{{"lean", Settings{Lean: true}}, {"full", Settings{}}} {
		b.Run(mode.name, func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			const total = 50_000
			bodies := realBatches(total)
			s, _ := start(mode.set)
			h := s.Handler()
			b.ReportAllocs()
			b.ResetTimer()
			items := 0
			for i := 0; b.Loop(); i++ {
				if i%len(bodies) == 0 {
					b.StopTimer()
					s.Reset()
					b.StartTimer()
				}
				req := httptest.NewRequest(http.MethodPost, batchPath, bytes.NewReader(bodies[i%len(bodies)]))
				req.Header.Set("Content-Type", "application/json")
				req.SetBasicAuth("a", "b")
				w := &discard{header: http.Header{}}
				h.ServeHTTP(w, req)
				if w.status != http.StatusOK {
					b.Fatalf("status %d", w.status)
				}
				items += total / len(bodies)
			}
			b.ReportMetric(float64(items)/b.Elapsed().Seconds(), "items/s")
		})
	}
}
