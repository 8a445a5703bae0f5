package processor

import (
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// Mapper turns an event into operations. It is called by many goroutines at once.
type Mapper interface {
	// Map appends the ops of ev to dst. It fails for no input: every event has an outcome.
	Map(dst []sink.Op, ev *schema.Event, src schema.Source) ([]sink.Op, sink.Outcome)
}

// LetterWriter puts letters into the dead-letter topic.
type LetterWriter interface {
	// Write queues a letter and returns at once. done is called once: with nil when the broker has
	// acknowledged it, with an error when the writer was closed before.
	Write(l *deadletter.Letter, done func(error))
}

// Config sets a processor up. Zero values mean the defaults named at each field.
type Config struct {
	Brokers      []string
	Topic, Group string
	// Opts are added to the options of both clients that the processor makes: TLS, SASL, client id,
	// logger, dialer.
	Opts []kgo.Opt
	// Start says where a group without any committed offset begins: "earliest", "latest", or a time in
	// RFC 3339. Empty: such a group is refused, see [NoStartError].
	Start string
	// StartTimeout is how long [Processor.Run] asks Kafka again before it refuses to start, 0 for 30 s: for a
	// topic that does not exist, a coordinator that is not available, or brokers that do not answer. A refusal
	// that asking does not mend is final at once.
	StartTimeout time.Duration
	// ServerSideBalancer uses the group protocol of KIP-848. It wants brokers of 4.3 or newer.
	ServerSideBalancer bool
	// InstanceID makes a static member: its partitions wait for it while it restarts. Every process of
	// the group needs another one. Empty: none.
	InstanceID string
	// Session is the session time-out of the group, 0 for 10 s; heartbeats go at a tenth of it. A
	// killed member is replaced when its session ends. With ServerSideBalancer the brokers' is asked for,
	// and this one taken only if they do not say.
	Session time.Duration
	// Rebalance is how long members may take to hand over, 0 for 60 s.
	Rebalance time.Duration
	// Budget bounds the bytes held: what is fetched and unpacked, records, the ops made of them. 0 means 128 MiB.
	Budget int64
	// Window bounds the offsets of a partition past its watermark, 0 for [DefaultWindow].
	Window int
	// DrainTimeout bounds a stop, 0 for 25 s: the wait for requests in the air and letters, the last
	// commit, and leaving the group.
	DrainTimeout time.Duration
	// NoBrake lets every record that fails to decode or map, or is refused, become a letter, however many do.
	NoBrake bool
	// Limits bound what is decoded.
	Limits schema.Limits
	Mapper Mapper
	Sink   sink.Options
	// Mapping and Version are written into letters: the profile, and the program's version.
	Mapping, Version string
}

func (c Config) withDefaults() Config {
	if c.StartTimeout == 0 {
		c.StartTimeout = 30 * time.Second
	}
	if c.Session == 0 {
		c.Session = 10 * time.Second
	}
	if c.Rebalance == 0 {
		c.Rebalance = 60 * time.Second
	}
	if c.Budget == 0 {
		c.Budget = 128 << 20
	}
	if c.Window == 0 {
		c.Window = DefaultWindow
	}
	if c.DrainTimeout == 0 {
		c.DrainTimeout = 25 * time.Second
	}
	return c
}

// revokeDrain bounds the drain of partitions that are taken away. In the cooperative protocol the
// others wait for it without a heartbeat, so it stays well under the session.
func (c *Config) revokeDrain() time.Duration {
	return min(20*time.Second, c.Rebalance*2/5, c.Session*7/10)
}

// NoStartError refuses to start a group that has no committed offset when no policy says where to
// begin: a mistyped group name must not send a month of events again.
type NoStartError struct{ Group, Topic string }

func (e *NoStartError) Error() string {
	return fmt.Sprintf("group %q has no committed offset on topic %q, and nothing says where to begin: "+
		"if the name is right, set kafka.start to earliest, latest or a time such as 2026-01-31T00:00:00Z", e.Group, e.Topic)
}

// NoTopicError says that the topic to read does not exist, or that the user may not describe it.
type NoTopicError struct {
	Topic string
	Err   error // what Kafka answered
}

func (e *NoTopicError) Error() string {
	if errors.Is(e.Err, kerr.TopicAuthorizationFailed) {
		return fmt.Sprintf("topic %q may not be read by this user: %s", e.Topic, Hint(e.Err))
	}
	return fmt.Sprintf("topic %q does not exist: check kafka.topic, or create the topic", e.Topic)
}

func (e *NoTopicError) Unwrap() error { return e.Err }

// BadStartError says that a start policy is none.
type BadStartError struct{ Start string }

func (e *BadStartError) Error() string {
	return fmt.Sprintf("start policy %q: want earliest, latest, or a time in RFC 3339 such as 2026-01-31T00:00:00Z", e.Start)
}

// ErrUnreachable is wrapped when Kafka does not answer at start.
var ErrUnreachable = errors.New("kafka cannot be reached")
