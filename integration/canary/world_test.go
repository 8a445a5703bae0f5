package canary

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/pintle-io/pintle/integration/kafka"
	"github.com/pintle-io/pintle/integration/proc"
	"github.com/pintle-io/pintle/integration/program"
)

// letterPartitions and partitions are those of each member's topics.
const partitions, letterPartitions = 3, 1

// patience bounds the wait for anything. It is for what never comes, however busy the machine is.
const patience = 3 * time.Minute

// piece is something that the program wrote, and what of it may be there.
type piece struct {
	where string
	text  []byte
	may   map[Kind]bool
}

// world is a broker that wants credentials, a destination, and what all members wrote. Its methods may be
// called by many goroutines at once.
type world struct {
	*testing.T
	dir     string
	cage    *Cage
	secrets secrets
	front   *front
	broker  string
	client  *kgo.Client
	admin   *kadm.Client

	mu     sync.Mutex
	pieces []piece
}

// secrets are the operator's.
type secrets struct {
	siteID, apiKey, hashKey, user, password, endpoint, proxyUser, proxyPassword string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir(), cage: &Cage{}, front: newFront(t)}
	w.secrets = secrets{
		siteID: w.cage.Secret("Site ID"), apiKey: w.cage.Secret("API key"), hashKey: w.cage.Secret("key of hashes"),
		user: w.cage.Secret("user of Kafka"), password: w.cage.Secret("password of Kafka"),
		// Whoever gets a request may quote its path, and so may letters.
		endpoint:  w.cage.Personal("path of the endpoint"),
		proxyUser: w.cage.Secret("user of the proxy"), proxyPassword: w.cage.Secret("password of the proxy"),
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", w.secrets.user, w.secrets.password))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	w.broker = cluster.ListenAddrs()[0]
	w.client, err = kgo.NewClient(w.kafka(kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.client.Close)
	w.admin = kadm.NewClient(w.client)
	return w
}

// kafka are options of a client of the broker.
func (w *world) kafka(more ...kgo.Opt) []kgo.Opt {
	login := scram.Auth{User: w.secrets.user, Pass: w.secrets.password}
	return append([]kgo.Opt{kgo.SeedBrokers(w.broker), kgo.SASL(login.AsSha256Mechanism())}, more...)
}

// wrote adds something that the program wrote, in which those kinds may be.
func (w *world) wrote(where string, text []byte, may ...Kind) {
	p := piece{where, text, map[Kind]bool{}}
	for _, k := range may {
		p.may[k] = true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pieces = append(w.pieces, p)
}

// topics makes the topics of a member.
func (w *world) topics(name string, letters bool) {
	w.Helper()
	wanted := map[string]int32{name: partitions}
	if letters {
		wanted[name+"-letters"] = letterPartitions
	}
	for topic, n := range wanted {
		if _, err := w.admin.CreateTopic(w.Context(), n, 1, nil, topic); err != nil {
			w.Error(err)
		}
	}
}

// produce appends records to a partition of a member's topic.
func (w *world) produce(name string, partition int32, records []*kgo.Record) {
	w.Helper()
	for _, r := range records {
		r.Topic, r.Partition = name, partition
	}
	if err := w.client.ProduceSync(w.Context(), records...).FirstErr(); err != nil {
		w.Error(err)
	}
}

// plan is how a member is set up; the zero value is in order.
type plan struct {
	binary string
	// endpoint replaces that of the front, and password that of the broker.
	endpoint, password string
	env                []string
}

// member is a running program.
type member struct {
	*program.Member
	w *world
}

// launch starts a member. The caller ends it.
func (w *world) launch(name string, p plan) *member {
	w.Helper()
	ports, err := kafka.FreePorts(1)
	if err != nil {
		w.Error(err)
		return nil
	}
	admin, s := fmt.Sprintf("127.0.0.1:%d", ports[0]), w.secrets
	endpoint, password := p.endpoint, p.password
	if endpoint == "" {
		endpoint = w.front.URL
	}
	if password == "" {
		password = s.password
	}
	dir := filepath.Join(w.dir, name)
	text := fmt.Sprintf(`
kafka: {brokers: [%q], topic: %s, group: %s, start: earliest, sasl: {mechanism: SCRAM-SHA-256, username: %s, password: "${KAFKA_PASSWORD}"}}
dead_letters: {topic: %s-letters}
customerio: {endpoint: "%s/%s/%s", site_id: "${SITE_ID}", api_key: "${file:api-key}"} # the old key was %s
delivery: {drain_timeout: 3s}
limits: {record_bytes: 500000}
mapping: {identifiers: {user_id: id}}
filters: {deny_events: [Heartbeat], where: '(properties.%s ?? 0) >= 0'}
shaping:
  hash_key: %s
  rules:
    - {types: [track, identify], hash: [hashed]}
    - {where: 'properties.%s != nil', set: {sum: 'properties.%s + 1'}}
log: {level: debug}
admin: {listen: %q, pprof: true}
`, w.broker, name, name, s.user, name, endpoint, name, s.endpoint, w.cage.Secret("key in a comment"), markWhere, s.hashKey, markSet, markSet, admin)
	for file, content := range map[string]string{"pintle.yaml": text, "api-key": s.apiKey + "\n"} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			w.Error(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
			w.Error(err)
		}
	}
	running, err := proc.Start(proc.Options{
		Name: name, Args: []string{p.binary, "run", "--config", filepath.Join(dir, "pintle.yaml")}, Log: filepath.Join(dir, "log"),
		Env: append([]string{"SITE_ID=" + s.siteID, "KAFKA_PASSWORD=" + password, "GOTRACEBACK=all"}, p.env...),
	})
	if err != nil {
		w.Error(err)
		return nil
	}
	m := &member{&program.Member{Process: running, Name: name, Admin: "http://" + admin}, w}
	if err := m.Alive(w.Context()); err != nil {
		w.Error(err)
	}
	return m
}

// status waits until /api/v1/status says what is waited for.
func (m *member) status(what string, holds func(status string) bool) {
	m.w.Helper()
	m.until(what, "/api/v1/status", holds)
}

// finished waits until a partition of the member's topic is committed to its end.
func (m *member) finished(topic string, partition int32) {
	m.w.Helper()
	ends, err := m.w.admin.ListEndOffsets(m.w.Context(), topic)
	if err != nil {
		m.w.Error(err)
		return
	}
	end, _ := ends.Lookup(topic, partition)
	_, ok := program.Await(m.w.Context(), patience, 20*time.Millisecond, func() (bool, string) {
		committed, err := m.w.admin.FetchOffsets(m.w.Context(), topic)
		if err != nil {
			return false, err.Error()
		}
		at, _ := committed.Lookup(topic, partition)
		return at.At == end.Offset, ""
	})
	if !ok {
		m.w.Errorf("%s has not finished partition %d within %s\n%s", m.Name, partition, patience, m.Tail(15))
	}
}

// until waits until the admin server answers what is waited for.
func (m *member) until(what, path string, holds func(answer string) bool) {
	m.w.Helper()
	seen, ok := program.Await(m.w.Context(), patience, 20*time.Millisecond, func() (bool, string) {
		_, body, err := m.Get(m.w.Context(), path)
		body = compact(body)
		return err == nil && holds(body), fmt.Sprintf("%v %s", err, body)
	})
	if !ok {
		m.w.Errorf("%s: waited %s for %s: %s\n%s", m.Name, patience, what, seen, m.Tail(15))
	}
}

// compact writes JSON without blanks, and anything else as it is.
func compact(text string) string {
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(text)); err != nil {
		return text
	}
	return b.String()
}

// questions are what the admin server is asked.
func questions() []string {
	return []string{
		"GET /", "GET /livez", "GET /readyz", "GET /api/v1/status", "GET /api/v1/gaps", "GET /metrics", "GET /nothing", "POST /api/v1/status",
		"GET /debug/pprof/", "GET /debug/pprof/cmdline", "GET /debug/pprof/goroutine?debug=2", "GET /debug/pprof/goroutine?debug=1",
		"GET /debug/pprof/heap?debug=1", "GET /debug/pprof/allocs", "GET /debug/pprof/trace?seconds=0.05",
	}
}

// ask asks the admin server, keeps its answers, head and all, as they come over the wire, and returns them.
func (m *member) ask(list ...string) map[string]string {
	answers := map[string]string{}
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	for _, question := range list {
		method, path, _ := strings.Cut(question, " ")
		req, err := http.NewRequestWithContext(m.w.Context(), method, m.Admin+path, http.NoBody)
		if err != nil {
			m.w.Error(err)
			continue
		}
		req.Header.Set("Accept-Encoding", "gzip")
		answer, err := client.Do(req)
		if err != nil {
			m.w.Errorf("%s does not answer %s: %v", m.Name, question, err)
			continue
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			m.w.Error(err)
		}
		answers[question] = compact(string(body))
		m.w.wrote(m.Name+" answers "+question, append(fmt.Append(nil, answer.StatusCode, answer.Header, "\n"), body...))
	}
	return answers
}

// ends ends the member by a signal, and keeps its log.
func (m *member) ends(by syscall.Signal) (log string) {
	if err := m.Signal(by); err != nil {
		m.w.Error(err)
	}
	ctx, cancel := context.WithTimeout(m.w.Context(), patience)
	defer cancel()
	if err := m.Wait(ctx); ctx.Err() != nil {
		m.w.Errorf("%s: %v\n%s", m.Name, err, m.Tail(15))
		m.Kill()
	}
	log, err := m.Output()
	if err != nil {
		m.w.Error(err)
	}
	m.w.wrote("the log of "+m.Name, []byte(log))
	return log
}
