package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

// asProgram makes the test binary be pintle.
const asProgram = "PINTLE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	flag.Bool("update", false, "write the golden files again")
	os.Exit(m.Run())
}

// patience bounds the wait for anything. It is for what never comes, however busy the machine is.
const patience = 3 * time.Minute

// process is pintle as a process of its own. What it says is read line by line.
type process struct {
	cmd  *exec.Cmd
	said chan string // closed when it says no more
	all  strings.Builder
}

func start(t *testing.T, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	p := &process{cmd: exec.CommandContext(ctx, os.Args[0], args...), said: make(chan string, 1000)}
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.said)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			p.said <- lines.Text()
		}
	}()
	return p
}

// until reads on until a line says text.
func (p *process) until(t *testing.T, text string) {
	t.Helper()
	for line := range p.said {
		p.all.WriteString(line + "\n")
		if strings.Contains(line, text) {
			return
		}
	}
	_ = p.cmd.Wait()
	t.Fatalf("it ended (%v) and never said %q:\n%s", p.cmd.ProcessState, text, p.all.String())
}

func (p *process) signal(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// end waits for the end and returns the exit code and everything said.
func (p *process) end() (code int, said string) {
	for line := range p.said {
		p.all.WriteString(line + "\n")
	}
	_ = p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode(), p.all.String()
}

// configuration starts a broker with an event and returns a file that takes it to handler.
func configuration(t *testing.T, handler http.Handler) string {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events", "letters"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	event := `{"type":"track","event":"E","userId":"u","messageId":"m","timestamp":"2026-11-23T12:00:00Z"}`
	if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "events", Value: []byte(event)}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	return file(t, fmt.Sprintf(`
kafka: {brokers: [%q], topic: events, group: pintle, start: earliest}
dead_letters: {topic: letters}
customerio: {site_id: s, api_key: hunter2-correct-horse, endpoint: %q}
delivery: {drain_timeout: 1h}
admin: {listen: "127.0.0.1:0"}
log: {level: debug}
`, cluster.ListenAddrs()[0], server.URL))
}

// announcing tells asked of each request before it is handled.
func announcing(asked chan<- struct{}, handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		handler.ServeHTTP(w, r)
	})
}

func TestOneSignalEndsInOrder(t *testing.T) {
	asked := make(chan struct{}, 100)
	p := start(t, "run", "-c", configuration(t, announcing(asked, customeriotest.New(customeriotest.Settings{}).Handler())))
	<-asked
	p.signal(t)
	code, said := p.end()
	if code != exitDone || !strings.Contains(said, `"msg":"stopping: `) || !strings.Contains(said, `"msg":"stopped","consumed":1,"delivered":1,`) {
		t.Errorf("exit %d:\n%s", code, said)
	}
	if strings.Contains(said, "hunter2") {
		t.Errorf("a secret is shown:\n%s", said)
	}
}

func TestMoreSignalsEndSooner(t *testing.T) {
	for _, test := range []struct {
		name  string
		third bool
		code  int
		says  string
	}{
		{"the second leaves a second", false, exitDone, `"handed_back":1`},
		{"the third nothing", true, exitFailed, `"msg":"third signal: `},
	} {
		t.Run(test.name, func(t *testing.T) {
			asked, answer := make(chan struct{}, 100), make(chan struct{})
			path := configuration(t, announcing(asked, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-answer })))
			t.Cleanup(func() { close(answer) }) // the server waits for it when it closes
			p := start(t, "run", "-c", path)
			<-asked // a request is in flight and is not answered; after the first signal alone it would wait for an hour
			p.signal(t)
			p.until(t, `"msg":"stopping: `)
			p.signal(t)
			if test.third { // before the second's second is over; another kind, or the two might merge
				if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
					t.Fatal(err)
				}
			}
			p.until(t, `"msg":"second signal: `)
			code, said := p.end()
			if code != test.code || !strings.Contains(said, test.says) {
				t.Errorf("exit %d:\n%s", code, said)
			}
		})
	}
}

func TestRunRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		old, with string
		code      int
		says      string
	}{
		"no policy for a new group": {", start: earliest", "", exitRefused, "set kafka.start"},
		"no such topic":             {"topic: events", "start_timeout: 1ms, topic: evnets", exitBadInput, `topic "evnets" does not exist`},
	} {
		t.Run(name, func(t *testing.T) {
			path := configuration(t, http.NotFoundHandler())
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, said, code := run(t, "run", "-c", file(t, strings.Replace(string(text), test.old, test.with, 1)))
			if code != test.code || !strings.Contains(said, test.says) {
				t.Errorf("exit %d:\n%s", code, said)
			}
		})
	}
	if _, said, code := run(t, "run", "-c", file(t, strings.Replace(fine, "group: g", "group: g, start: latest, start_timeout: 1ms", 1))); code != exitUnreachable || !strings.Contains(said, "kafka cannot be reached") {
		t.Errorf("no broker: exit %d:\n%s", code, said)
	}
}
