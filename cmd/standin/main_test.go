package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// begin runs the program on free ports and returns the addresses of its planes, and what ends it and
// returns its error.
func begin(t *testing.T, args ...string) (api, control string, end func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, append([]string{"-listen", "127.0.0.1:0", "-control", "127.0.0.1:0"}, args...), w)
		w.Close()
	}()
	lines := bufio.NewScanner(r)
	for control == "" {
		if !lines.Scan() {
			cancel()
			t.Fatalf("it ended: %v", <-done)
		}
		_, addr, _ := strings.Cut(lines.Text(), "address=")
		if strings.Contains(lines.Text(), "plane=api") {
			api = addr
		} else {
			control = addr
		}
	}
	go io.Copy(io.Discard, r)
	return api, control, func() error {
		cancel()
		return <-done
	}
}

// get returns what the control plane answers.
func get(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestServeAndStop(t *testing.T) {
	api, control, end := begin(t, "-site-id", "site", "-api-key", "key")
	if err := run(t.Context(), []string{"health", "-control", "http://" + control}, io.Discard); err != nil {
		t.Error(err)
	}
	for _, row := range []struct {
		key    string
		status int
	}{{"key", http.StatusOK}, {"other", http.StatusUnauthorized}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+api+"/auth", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("site", row.key)
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		answer, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != row.status {
			t.Errorf("with the key %s: %s", row.key, answer.Status)
		}
	}
	if text := get(t, "http://"+control+"/control/stats"); !strings.Contains(text, `"opened":2`) {
		t.Errorf("two connections to the API are counted as %s", text)
	}
	if err := end(); err != nil {
		t.Errorf("it ends with %v", err)
	}
	if err := run(t.Context(), []string{"health", "-control", "http://" + control}, io.Discard); err == nil {
		t.Error("it is healthy after its end")
	}
}

func TestRefusedArguments(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, args := range [][]string{
		{"-region", "mars"},
		{"serve"},
		{"-no-such-flag"},
		{"-listen", "127.0.0.1:0", "-control", l.Addr().String()},
		{"health", "-control", "http://" + l.Addr().String() + "/%"},
	} {
		if err := run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}
