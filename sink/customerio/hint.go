package customerio

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/pintle-io/pintle/sink"
)

// hint is the next step for the operator: what the answer says about the configuration or the
// service, free of anything that came from an event. Refusals of content have none here.
func hint(r reply, c sink.Cause) string {
	switch c {
	case sink.CauseCredentials:
		return fmt.Sprintf("Customer.io refuses the credentials (HTTP %d): check customerio.site_id and customerio.api_key (a Track API key of this workspace, not an App API key), then customerio.region: is the workspace really in %s?", r.status, cmp.Or(r.region, RegionUS))
	case sink.CauseConfiguration:
		return hintAddress(r)
	case sink.CauseThrottled:
		return "Customer.io asks for fewer requests (HTTP 429): pintle slows down by itself; if it goes on, lower customerio.rate"
	case sink.CauseServer:
		return hintServer(r)
	default:
		return ""
	}
}

// hintAddress explains an answer that comes from the wrong place.
func hintAddress(r reply) string {
	const asked = "customerio.region or customerio.endpoint is wrong"
	if region, ok := rightRegion(r); ok {
		return fmt.Sprintf("the workspace lives in the other region (HTTP %d): set customerio.region: %s", r.status, region)
	}
	if host := redirectHost(r.header); host != "" {
		return fmt.Sprintf("%s: it answers with a redirect to %s (HTTP %d), which is never followed; set the address that it should be", asked, host, r.status)
	}
	return fmt.Sprintf("%s: it answers HTTP %d to the Track API's own paths; remove customerio.endpoint unless a proxy needs it", asked, r.status)
}

// rightRegion reads the region to set out of a redirect, or of the text that comes with one.
func rightRegion(r reply) (Region, bool) {
	if r.status < 300 || r.status > 399 {
		return "", false
	}
	switch strings.ToLower(redirectHost(r.header)) {
	case hostEU:
		return RegionEU, true
	case hostUS:
		return RegionUS, true
	}
	found, err := parseComplaints(r.body, r.ops)
	if err != nil {
		return "", false
	}
	for _, c := range found {
		if strings.Contains(strings.ToLower(c.message), "wrong datacenter") {
			return r.region.other(), true
		}
	}
	return "", false
}

// redirectHost returns the host that Location names, never its path: on v1 that holds an identifier.
func redirectHost(h http.Header) string {
	u, err := url.Parse(h.Get("Location"))
	if err != nil {
		return ""
	}
	host := u.Hostname()
	for i := range len(host) {
		if host[i] <= ' ' || host[i] > '~' {
			return ""
		}
	}
	return host[:min(len(host), 253)]
}

// hintServer explains an answer of the service's own trouble, or one that makes no sense.
func hintServer(r reply) string {
	switch {
	case r.status >= 200 && r.status <= 299:
		return fmt.Sprintf("the answer (HTTP %d) is not one of the Track API, so nothing is taken for delivered: check customerio.endpoint and any proxy between; pintle retries", r.status)
	case r.status == http.StatusRequestTimeout, r.status >= 500 && r.status <= 599:
		return fmt.Sprintf("Customer.io answers HTTP %d: see https://status.customerio.com; nothing is lost, pintle holds and retries", r.status)
	case r.single && (r.status == http.StatusNotFound || r.status == http.StatusMethodNotAllowed):
		return fmt.Sprintf("a call of the v1 API for one person answers HTTP %d: if all of them do, check customerio.endpoint", r.status)
	default:
		return fmt.Sprintf("HTTP %d is no answer of the Track API: check customerio.endpoint and any proxy between; pintle retries", r.status)
	}
}

// unreachable explains why there was no answer.
func unreachable(err error) sink.Refusal {
	r := sink.Refusal{Code: "connection", Hint: "no connection to Customer.io: check the network, the proxy and customerio.endpoint; nothing is lost, pintle holds and retries"}
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err // the rest quotes the URL, and with it an identifier
	}
	r.Message = clip(err.Error(), maxMessage)
	var (
		dns  *net.DNSError
		cert *tls.CertificateVerificationError
		rec  tls.RecordHeaderError
		late net.Error
	)
	switch {
	case errors.As(err, &dns):
		r.Code, r.Hint = "dns", "the host of Customer.io cannot be resolved: check DNS and customerio.endpoint; nothing is lost, pintle holds and retries"
	case errors.As(err, &cert):
		r.Code, r.Hint = "tls", "the certificate of customerio.endpoint is not trusted: install the authority that signed it; certificates are always verified; nothing is lost, pintle holds and retries"
	case errors.As(err, &rec):
		r.Code, r.Hint = "tls", "customerio.endpoint does not speak TLS: check its port, or write http:// if it is a stand-in"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &late) && late.Timeout():
		r.Code, r.Hint = "timeout", "Customer.io did not answer in time: see https://status.customerio.com and check the network; nothing is lost, pintle holds and retries"
	case errors.Is(err, syscall.ECONNREFUSED):
		r.Code, r.Hint = "refused", "nothing listens at Customer.io's address: check customerio.endpoint and the firewall; nothing is lost, pintle holds and retries"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		r.Code, r.Hint = "reset", "the connection broke before Customer.io had answered: nothing is lost, pintle retries"
	}
	return r
}
