package program

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"github.com/pintle-io/pintle/integration/kafka"
	"github.com/pintle-io/pintle/integration/proc"
)

// Standin is a stand-in Customer.io in a process of its own.
type Standin struct {
	*proc.Process
	// Endpoint is its data plane, Control its control plane, as URLs.
	Endpoint, Control string
}

// StandinStats are its counts.
type StandinStats struct {
	Requests int `json:"requests"`
	Items    int `json:"items"`
}

// StartStandin starts one and returns when it answers. Settings are those of PUT /control/settings.
func StartStandin(ctx context.Context, binary, dir, name string, settings map[string]any) (*Standin, error) {
	ports, err := kafka.FreePorts(2)
	if err != nil {
		return nil, err
	}
	data, control := fmt.Sprintf("127.0.0.1:%d", ports[0]), fmt.Sprintf("127.0.0.1:%d", ports[1])
	p, err := proc.Start(proc.Options{
		Name: name, Args: []string{binary, "-listen", data, "-control", control}, Log: filepath.Join(dir, name+".log"),
	})
	if err != nil {
		return nil, err
	}
	s := &Standin{Process: p, Endpoint: "http://" + data, Control: "http://" + control}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	for {
		err := s.Configure(ctx, settings)
		if err == nil {
			return s, nil
		}
		select {
		case <-p.Done():
			return nil, fmt.Errorf("%s ended at once: %w", name, errors.Join(p.Wait(ctx), errors.New(p.Tail(5))))
		case <-ctx.Done():
			p.Kill()
			return nil, fmt.Errorf("%s does not answer: %w: %s", name, err, p.Tail(5))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Configure changes its settings.
func (s *Standin) Configure(ctx context.Context, settings map[string]any) error {
	body, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, s.Control+"/control/settings", bytes.NewReader(body))
	if err != nil {
		return err
	}
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("configure the stand-in: %w", err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("configure the stand-in: %s: %s", answer.Status, text)
	}
	return nil
}

// Stats reads its counts.
func (s *Standin) Stats(ctx context.Context) (StandinStats, error) {
	return ControlStats(ctx, s.Control)
}

// ControlStats reads the counts of a stand-in by the URL of its control plane.
func ControlStats(ctx context.Context, control string) (stats StandinStats, err error) {
	code, body, err := get(ctx, control+"/control/stats")
	if err != nil {
		return stats, err
	}
	if code != http.StatusOK {
		return stats, fmt.Errorf("the stand-in answers its counts with %d: %s", code, body)
	}
	if err := json.Unmarshal([]byte(body), &stats); err != nil {
		return stats, fmt.Errorf("the counts of the stand-in: %w", err)
	}
	return stats, nil
}
