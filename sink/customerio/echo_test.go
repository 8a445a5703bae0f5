package customerio

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestCredentialsThatAnAnswerQuotesGoNowhere: a proxy that looks for the cause of an error quotes what it
// was sent; refusals go into letters, and those are for others to read.
func TestCredentialsThatAnAnswerQuotesGoNowhere(t *testing.T) {
	const site, key = "site-of-the-workspace", "key-of-the-workspace"
	quoted := func(before, behind string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			said := fmt.Sprint(r.Header.Get("Authorization"), " ", site, " ", key, " ")
			if before == "" { // not HTTP: the transport's error quotes it
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					panic(err)
				}
				defer conn.Close()
				_, _ = conn.Write([]byte(said + "\r\n\r\n"))
				return
			}
			w.WriteHeader(http.StatusBadRequest)
			text, _ := json.Marshal(said)
			_, _ = w.Write([]byte(strings.Replace(before, "%s", string(text), 1) + behind))
		}
	}
	for name, answer := range map[string]http.HandlerFunc{
		"a page":    quoted("<html>%s", "</html>"),
		"v2":        quoted(`{"errors":[{"batch_index":0,"message":%s`, `}]}`),
		"v2, field": quoted(`{"errors":[{"batch_index":0,"field":%s`, `}]}`),
		"v1":        quoted(`{"meta":{"errors":[%s`, `]}}`),
		"cut off":   quoted("<html>"+strings.Repeat("x", maxMessage-20)+"%s", ""),
		"no HTTP":   quoted("", ""),
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := start(t, answer, func(c *Config) { c.SiteID, c.APIKey = NewSecret(site), NewSecret(key) })
			said := fmt.Sprintf("%+v", c.Send(t.Context(), request(`{"a":1}`)))
			for _, secret := range []string{site, key, c.auth.Reveal()[len("Basic "):], site[:8], key[:8], c.auth.Reveal()[len("Basic "):][:8]} {
				if strings.Contains(said, secret) {
					t.Errorf("%q stands in %s", secret, said)
				}
			}
			if !strings.Contains(said, redacted) && name != "cut off" {
				t.Errorf("nothing says that something was left out: %s", said)
			}
		})
	}
}
