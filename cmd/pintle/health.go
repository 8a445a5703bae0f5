package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

var errNotReady = errors.New("not ready")

const (
	healthPatience = 3 * time.Second
	healthAnswer   = 64 << 10
)

func (p *program) healthCommand() *cobra.Command {
	var address string
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Ask a running pintle whether it is ready",
		Long:  "Health asks /readyz of a running pintle: exit code 0 when it is ready, 5 when it is not.\nIt is the health check of containers, which hold no other program.",
		Args:  alone,
		RunE: func(cmd *cobra.Command, _ []string) error {
			answer, err := askReady(cmd.Context(), address)
			fmt.Fprint(p.stdout, answer)
			return err
		},
	}
	cmd.Flags().StringVar(&address, "admin", "http://127.0.0.1:8080", "address of the admin server")
	return cmd
}

func askReady(ctx context.Context, address string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(address, "/")+"/readyz", http.NoBody)
	if err != nil {
		return "", &usageError{fmt.Errorf("--admin: %w", err)}
	}
	// No proxy stands between a container and itself.
	client := &http.Client{Timeout: healthPatience, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("%w: %s does not answer: is pintle running, and is this its admin.listen? (%w)", errNotReady, address, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, healthAnswer))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%w: %s", errNotReady, resp.Status)
	}
	return string(body), err
}
