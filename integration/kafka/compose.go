package kafka

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

//go:embed compose.yml
var composeFile string

// containers are brokers that Docker Compose started, as one project of their own.
type containers struct {
	project string
	env     []string
}

// startCompose starts the brokers as containers. It returns before they answer.
func startCompose(ctx context.Context, o Options) (*Cluster, error) {
	if err := Engine(ctx); err != nil {
		return nil, err
	}
	ports, err := FreePorts(3)
	if err != nil {
		return nil, err
	}
	c := &containers{project: fmt.Sprintf("pintle-kafka-%d-%d", os.Getpid(), ports[0])}
	voters, services, addrs := make([]string, 0, 3), make([]string, 0, 3), make([]string, 0, 3)
	for n := 1; n <= o.Brokers; n++ {
		voters = append(voters, fmt.Sprintf("%d@kafka%d:9093", n, n))
		services = append(services, fmt.Sprintf("kafka%d", n))
		addrs = append(addrs, fmt.Sprintf("127.0.0.1:%d", ports[n-1]))
	}
	inSync := min(o.Brokers, 2)
	c.env = []string{
		"VERSION=" + Version, "HEAP=" + o.Heap, "VOTERS=" + strings.Join(voters, ","),
		fmt.Sprintf("REPLICAS=%d", o.Brokers), fmt.Sprintf("IN_SYNC=%d", inSync),
		fmt.Sprintf("PORT1=%d", ports[0]), fmt.Sprintf("PORT2=%d", ports[1]), fmt.Sprintf("PORT3=%d", ports[2]),
	}
	if err := c.compose(ctx, append([]string{"up", "--detach", "--quiet-pull"}, services...)...); err != nil {
		_ = c.stop()
		return nil, err
	}
	return &Cluster{Addrs: addrs, nodes: c}, nil
}

// Engine reports why containers cannot be had, nil when they can.
func Engine(ctx context.Context) error {
	if _, err := exec.LookPath("docker"); err != nil {
		return errors.New("docker is not installed")
	}
	for _, args := range [][]string{{"info"}, {"compose", "version"}} {
		ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
		out, err := exec.CommandContext(ctx, "docker", args...).CombinedOutput()
		cancel()
		if err != nil {
			return fmt.Errorf("docker %s: %w: %s", strings.Join(args, " "), err, lastLine(out))
		}
	}
	return nil
}

func (c *containers) do(ctx context.Context, a act, broker int) error {
	args := []string{string(a), fmt.Sprintf("kafka%d", broker)}
	if a == actStop {
		args = append(args, "--timeout", "60")
	}
	return c.compose(ctx, args...)
}

func (c *containers) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return c.compose(ctx, "down", "--volumes", "--timeout", "0")
}

func (c *containers) compose(ctx context.Context, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "docker", append([]string{"compose", "-p", c.project, "-f", "-"}, args...)...)
	cmd.Stdin = strings.NewReader(composeFile)
	cmd.Env = append(os.Environ(), c.env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("docker compose %s: %w: %s", args[0], err, lastLine(out))
	}
	return nil
}

func lastLine(out []byte) string {
	out = bytes.TrimSpace(out)
	return string(out[bytes.LastIndexByte(out, '\n')+1:])
}
