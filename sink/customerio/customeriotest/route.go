package customeriotest

import (
	"net/http"
	"net/url"
	"strings"
)

// route is an endpoint of the data plane.
type route uint8

const (
	nowhere route = iota
	toBatch
	toEntity
	toCustomer
	toDevices
	toDevice
	toEvents
	toAnonymous
	toMerge
	toSuppress
	toUnsuppress
	toRegion
	toAuth
)

// find returns the endpoint of a path and the decoded segments that stand for identifiers.
func find(escaped string) (to route, values []string) {
	switch escaped {
	case "/api/v2/batch":
		return toBatch, nil
	case "/api/v2/entity":
		return toEntity, nil
	case "/api/v1/events":
		return toAnonymous, nil
	case "/api/v1/merge_customers":
		return toMerge, nil
	case "/api/v1/accounts/region":
		return toRegion, nil
	case "/auth":
		return toAuth, nil
	}
	rest, ok := strings.CutPrefix(escaped, "/api/v1/customers/")
	if !ok {
		return nowhere, nil
	}
	parts := strings.Split(rest, "/")
	for i := range parts {
		v, err := url.PathUnescape(parts[i])
		if err != nil || v == "" {
			return nowhere, nil
		}
		parts[i] = v
	}
	if len(parts) == 1 {
		return toCustomer, parts
	}
	if len(parts) == 3 && parts[1] == "devices" {
		return toDevice, []string{parts[0], parts[2]}
	}
	if len(parts) != 2 {
		return nowhere, nil
	}
	switch parts[1] {
	case "devices":
		return toDevices, parts[:1]
	case "events":
		return toEvents, parts[:1]
	case "suppress":
		return toSuppress, parts[:1]
	case "unsuppress":
		return toUnsuppress, parts[:1]
	default:
		return nowhere, nil
	}
}

// allows reports whether the endpoint takes the method.
func (r route) allows(method string) bool {
	switch r {
	case toCustomer:
		return method == http.MethodPut || method == http.MethodDelete
	case toDevices:
		return method == http.MethodPut
	case toDevice:
		return method == http.MethodDelete
	case toRegion, toAuth:
		return method == http.MethodGet
	default:
		return method == http.MethodPost
	}
}
