package program

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
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

// Run writes the configuration file, starts pintle on it, and returns when its admin server answers.
// The caller ends it.
func Run(ctx context.Context, binary, dir, name string, s Settings) (*Member, error) {
	ports, err := kafka.FreePorts(1)
	if err != nil {
		return nil, err
	}
	s.Admin = fmt.Sprintf("127.0.0.1:%d", ports[0])
	file := filepath.Join(dir, name+".yaml")
	if err := os.WriteFile(file, []byte(s.YAML()), 0o600); err != nil {
		return nil, fmt.Errorf("configure %s: %w", name, err)
	}
	p, err := proc.Start(proc.Options{
		Name: name, Args: []string{binary, "run", "--config", file}, Log: filepath.Join(dir, name+".log"),
		// A race in a member must fail it, and must not be taken for something else.
		Env: []string{"GORACE=exitcode=66"},
	})
	if err != nil {
		return nil, err
	}
	m := &Member{Process: p, Name: name, Admin: "http://" + s.Admin}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		_, _, err := m.Get(ctx, "/livez")
		if err == nil {
			return m, nil
		}
		select {
		case <-p.Done():
			return nil, fmt.Errorf("%s ended at once (%w):\n%s", name, p.Wait(ctx), p.Tail(15))
		case <-ctx.Done():
			p.Kill()
			return nil, fmt.Errorf("%s does not answer on %s: %w:\n%s", name, s.Admin, err, p.Tail(15))
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
