package customerio

import (
	"strings"
	"testing"
)

func TestBaseURL(t *testing.T) {
	tests := []struct {
		region   Region
		endpoint string
		want     string
		wantErr  string // part of the error
	}{
		{"", "", "https://track.customer.io", ""},
		{RegionUS, "", "https://track.customer.io", ""},
		{RegionEU, "", "https://track-eu.customer.io", ""},
		{"EU", "", "", "write us or eu"},
		{"de", "", "", "customerio.region"},
		{RegionEU, "https://proxy.example/cio/", "https://proxy.example/cio", ""},
		{RegionUS, "http://127.0.0.1:9999", "http://127.0.0.1:9999", ""},
		{RegionUS, "http://standin:8080/", "http://standin:8080", ""},
		{RegionUS, "https://[::1]:8443", "https://[::1]:8443", ""},
		{RegionUS, "http://track.customer.io", "", "in the clear"},
		{RegionUS, "http://TRACK-EU.Customer.io.", "", "in the clear"},
		{RegionUS, "http://notcustomer.io", "http://notcustomer.io", ""},
		{RegionUS, "https://user:hush@proxy.example", "", "customerio.api_key"},
		{RegionUS, "https://proxy.example/?a=b", "", "query"},
		{RegionUS, "https://proxy.example/#a", "", "fragment"},
		{RegionUS, "ftp://proxy.example", "", "must begin with https://"},
		{RegionUS, "track.customer.io", "", "must begin with https://"},
		{RegionUS, "https://", "", "name a host"},
		{RegionUS, "https://a b%zz:hush@", "", "not an address"},
	}
	for _, tt := range tests {
		got, err := baseURL(tt.region, tt.endpoint)
		if tt.wantErr == "" {
			if err != nil || got != tt.want {
				t.Errorf("baseURL(%q, %q) = %q, %v; want %q", tt.region, tt.endpoint, got, err, tt.want)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
			t.Errorf("baseURL(%q, %q) = %q, %v; want an error about %q", tt.region, tt.endpoint, got, err, tt.wantErr)
		} else if strings.Contains(err.Error(), "hush") {
			t.Errorf("baseURL(%q, %q): the error quotes the password: %v", tt.region, tt.endpoint, err)
		}
	}
}
