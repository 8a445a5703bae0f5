package kafka

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/pintle-io/pintle/integration/proc"
)

//go:embed pom.xml
var pom []byte

//go:embed log4j2.properties
var log4j []byte

var javaVersion = regexp.MustCompile(`version "(\d+)`)

// jars is an installed Kafka: its classes, a formatted metadata log that any broker can begin
// with, and an archive of loaded classes that halves the time a broker takes to start.
type jars struct {
	home string
}

func (j jars) classPath() string  { return filepath.Join(j.home, "lib", "*") }
func (j jars) logConfig() string  { return filepath.Join(j.home, "log4j2.properties") }
func (j jars) checkpoint() string { return filepath.Join(j.home, "format", "bootstrap.checkpoint") }
func (j jars) archive() string    { return filepath.Join(j.home, "classes.jsa") }

// install returns the jars, fetched by Maven when they are not in the cache yet. Two processes that
// install at once do the work twice and keep the first result.
func install(ctx context.Context, o Options) (jars, error) {
	if err := checkJava(ctx); err != nil {
		return jars{}, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return jars{}, fmt.Errorf("where to keep Kafka's jars (set XDG_CACHE_HOME): %w", err)
	}
	j := jars{home: filepath.Join(cache, "pintle", "kafka-"+Version)}
	if _, err := os.Stat(j.home); err == nil {
		return j, nil
	}
	if _, err := exec.LookPath("mvn"); err != nil {
		return jars{}, errors.New("Maven is not installed (it fetches Kafka's jars once)") //nolint:staticcheck // a name
	}
	o.Log("fetching Kafka %s with Maven, once", Version)
	if err := os.MkdirAll(filepath.Dir(j.home), 0o750); err != nil {
		return jars{}, fmt.Errorf("make the cache: %w", err)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(j.home), "new-")
	if err != nil {
		return jars{}, fmt.Errorf("make the cache: %w", err)
	}
	defer os.RemoveAll(tmp)
	made := jars{home: tmp}
	if err := made.fill(ctx); err != nil {
		return jars{}, err
	}
	if err := os.Rename(tmp, j.home); err != nil && !errors.Is(err, os.ErrExist) {
		return jars{}, fmt.Errorf("keep Kafka's jars: %w", err)
	}
	// The archive remembers the paths of the jars, so it is made where they will stay.
	if err := j.train(ctx, o); err != nil {
		o.Log("Kafka starts slowly: no class archive: %v", err)
	}
	return j, nil
}

func checkJava(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "java", "-version").CombinedOutput()
	if err != nil {
		return fmt.Errorf("java -version: %w", err)
	}
	m := javaVersion.FindSubmatch(out)
	if m == nil {
		return fmt.Errorf("java -version said %q", lastLine(out))
	}
	if v, _ := strconv.Atoi(string(m[1])); v < 17 {
		return fmt.Errorf("Java %d is too old: 17 or newer is needed", v) //nolint:staticcheck // a name
	}
	return nil
}

// fill fetches the jars and formats the metadata log.
func (j jars) fill(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	format := filepath.Join(j.home, "format.properties")
	files := map[string][]byte{
		filepath.Join(j.home, "pom.xml"): pom,
		j.logConfig():                    log4j,
		format: fmt.Appendf(nil, "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@localhost:1\n"+
			"listeners=PLAINTEXT://localhost:2,CONTROLLER://localhost:1\ncontroller.listener.names=CONTROLLER\nlog.dirs=%s\n",
			filepath.Join(j.home, "format")),
	}
	for name, text := range files {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			return fmt.Errorf("write for Maven: %w", err)
		}
	}
	if err := run(ctx, "mvn", "-q", "-B", "-ntp", "-f", filepath.Join(j.home, "pom.xml"), "-Dkafka.version="+Version,
		"dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+filepath.Join(j.home, "lib")); err != nil {
		return fmt.Errorf("fetch Kafka's jars: %w", err)
	}
	if err := run(ctx, "java", "-Dlog4j2.configurationFile="+j.logConfig(), "-cp", j.classPath(), "kafka.tools.StorageTool",
		"format", "--cluster-id", clusterID(), "--config", format); err != nil {
		return fmt.Errorf("format a metadata log: %w", err)
	}
	return nil
}

// train runs one throw-away broker that leaves the class archive behind when it ends.
func (j jars) train(ctx context.Context, o Options) error {
	o.Brokers = 1
	dump := filepath.Join(j.home, fmt.Sprintf("classes-%d.jsa", os.Getpid()))
	c, err := j.launch(o, "-XX:ArchiveClassesAtExit="+dump)
	if err != nil {
		return err
	}
	defer func() { _ = c.stop() }()
	warm := &Cluster{Addrs: c.addrs(), brokers: 1, nodes: c}
	if err := warm.ready(ctx); err != nil {
		return err
	}
	// A JVM that SIGTERM ended never exits with 0; whether the archive is there decides.
	_ = c.brokers[0].process.Stop(time.Minute)
	return os.Rename(dump, j.archive())
}

func run(ctx context.Context, name string, args ...string) error {
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, lastLine(out))
	}
	return nil
}

// start starts a broker's process.
func (j jars) start(b *broker) (*proc.Process, error) {
	args := []string{
		"java", "-Xms128m", "-Xmx" + b.heap, "-XX:+UseSerialGC", "-XX:-UsePerfData",
		"-Dlog4j2.configurationFile=" + j.logConfig(),
	}
	args = append(args, b.jvm...)
	args = append(args, "-cp", j.classPath(), "kafka.Kafka", filepath.Join(b.dir, "server.properties"))
	return proc.Start(proc.Options{Name: "Kafka broker", Args: args, Dir: b.dir, Log: filepath.Join(b.dir, "log")})
}
