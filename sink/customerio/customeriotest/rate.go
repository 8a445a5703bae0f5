package customeriotest

import (
	"net/http"
	"time"
)

// tokens is the bucket of the rate limit.
type tokens struct {
	left    float64
	at      time.Time
	blocked time.Time // the end of the block that the last excess led to
}

// take reports whether a request is within the rate. The caller holds the mutex.
func (t *tokens) take(now time.Time, set *Settings) bool {
	if t.at.IsZero() {
		t.left = float64(set.RateBurst)
	} else {
		t.left = min(float64(set.RateBurst), t.left+now.Sub(t.at).Seconds()*set.RateLimit)
	}
	t.at = now
	if t.left < 1 {
		return false
	}
	t.left--
	return true
}

// withinRate reports whether the request goes on; if not, it is answered. One that is above the limit
// and accepted goes on, and is lost.
func (s *Server) withinRate(c *call) bool {
	if c.set.RateLimit <= 0 {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	blocked := now.Before(s.bucket.blocked)
	if !blocked && s.bucket.take(now, c.set) {
		return true
	}
	switch c.set.RateExcess {
	case "drop":
		c.lost = true
		return true
	case "block":
		if !blocked {
			s.bucket.blocked = now.Add(c.set.RateBlock)
		}
		c.json(http.StatusForbidden, meta("blocked"))
	default:
		c.json(http.StatusTooManyRequests, meta("too many requests"))
	}
	return false
}
