package customerio

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Region is the data centre that a workspace lives in.
type Region string

// The regions. An empty Region means [RegionUS].
const (
	RegionUS Region = "us"
	RegionEU Region = "eu"
)

// hostUS and hostEU differ in the subdomain alone, and no path differs between them.
const (
	hostUS = "track.customer.io"
	hostEU = "track-eu.customer.io"
)

// other returns the region that this one is mistaken for.
func (r Region) other() Region {
	if r == RegionEU {
		return RegionUS
	}
	return RegionEU
}

// baseURL returns the address that requests go to, without a slash at its end. An endpoint, when
// given, takes the place of the region's.
func baseURL(region Region, endpoint string) (string, error) {
	if endpoint != "" {
		return checkEndpoint(endpoint)
	}
	switch region {
	case RegionUS, "":
		return "https://" + hostUS, nil
	case RegionEU:
		return "https://" + hostEU, nil
	default:
		return "", fmt.Errorf("customerio.region is %q: write us or eu, as the workspace's settings show it", string(region))
	}
}

// checkEndpoint refuses what would send the credentials to a place nobody meant. Its errors do not
// quote the endpoint, which may hold a password.
func checkEndpoint(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", fmt.Errorf("customerio.endpoint is not an address: write one like https://%s, or leave it out", hostUS)
	}
	switch {
	case u.User != nil:
		return "", errors.New("customerio.endpoint holds a user or password: write them as customerio.site_id and customerio.api_key")
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		return "", fmt.Errorf("customerio.endpoint must begin with https:// (or http:// for a stand-in) and name a host: write one like https://%s, or leave it out", hostUS)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", errors.New("customerio.endpoint holds a query or a fragment: end it with the host or a path")
	case u.Scheme == "http" && isCustomerIO(u.Hostname()):
		return "", fmt.Errorf("customerio.endpoint would send the API key to %s in the clear: write https://%s", u.Hostname(), u.Hostname())
	}
	return u.Scheme + "://" + u.Host + strings.TrimRight(u.EscapedPath(), "/"), nil
}

// isCustomerIO reports whether the host is one of Customer.io's own.
func isCustomerIO(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "customer.io" || strings.HasSuffix(host, ".customer.io")
}
