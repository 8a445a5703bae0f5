package program

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pintle-io/pintle/integration/kafka"
	"github.com/pintle-io/pintle/integration/proc"
)

// Member is a running `pintle run`: one member of the consumer group.
type Member struct {
	*proc.Process
	// Name is what it is called in logs of tests.
	Name string
	// Admin is the address of its admin server, as a URL.
	Admin string
}

// Launch writes the configuration file and starts pintle on it, without waiting for anything. The caller
// ends it.
func Launch(binary, dir, name string, s Settings) (*Member, error) {
	if s.Admin == "" {
		ports, err := kafka.FreePorts(1)
		if err != nil {
			return nil, err
		}
		s.Admin = fmt.Sprintf("127.0.0.1:%d", ports[0])
	}
	file := filepath.Join(dir, name+".yaml")
	if err := os.WriteFile(file, []byte(s.YAML()), 0o600); err != nil {
		return nil, fmt.Errorf("configure %s: %w", name, err)
	}
	p, err := proc.Start(proc.Options{
		Name: name, Args: append(slices.Clone(s.Before), binary, "run", "--config", file), Log: filepath.Join(dir, name+".log"),
		// A race in a member must fail it, and must not be taken for something else.
		Env: []string{"GORACE=exitcode=66"},
	})
	if err != nil {
		return nil, err
	}
	return &Member{Process: p, Name: name, Admin: "http://" + s.Admin}, nil
}

// Run launches pintle and returns when its admin server answers. The caller ends it.
func Run(ctx context.Context, binary, dir, name string, s Settings) (*Member, error) {
	m, err := Launch(binary, dir, name, s)
	if err != nil {
		return nil, err
	}
	if err := m.Alive(ctx); err != nil {
		m.Kill()
		return nil, err
	}
	return m, nil
}

// Alive returns when the admin server answers.
func (m *Member) Alive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		_, _, err := m.Get(ctx, "/livez")
		if err == nil {
			return nil
		}
		select {
		case <-m.Done():
			return fmt.Errorf("%s ended at once (%w):\n%s", m.Name, m.Wait(ctx), m.Tail(15))
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer on %s: %w:\n%s", m.Name, m.Admin, err, m.Tail(15))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Get asks the admin server.
func (m *Member) Get(ctx context.Context, path string) (code int, body string, err error) {
	return get(ctx, m.Admin+path)
}

func get(ctx context.Context, url string) (code int, body string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Do(req)
	if err != nil {
		return 0, "", fmt.Errorf("ask %s: %w", url, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), err
}
