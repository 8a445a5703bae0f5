package config

import (
	"net"
	"slices"
	"strings"
	"time"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/sink/customerio"
)

// Bounds of single values that only make sense together with what they are for.
const (
	leastSession = time.Second
	leastMemory  = 16 << 20
	mostBatch    = 500_000 // the API's limit of a batch
	mostOps      = 10_000
	mostInFlight = 1_000
	mostLinger   = 10 * time.Second
	mostName     = 249 // Kafka's limit of a name, in characters
	leastHashKey = 16
)

// check looks for values that are well written and cannot be meant.
func (r *reader) check(c *Config) {
	r.checkKafka(&c.Kafka)
	r.checkTopic("kafka.topic", c.Kafka.Topic)
	r.checkTopic("dead_letters.topic", c.DeadLetters.Topic)
	if c.DeadLetters.Topic == c.Kafka.Topic {
		r.say("dead_letters.topic", "is the topic that is read: letters would be read as events; write another topic")
	}
	client := c.Client("")
	client.SiteID, client.APIKey = customerio.NewSecret("any"), customerio.NewSecret("any") // that they are there is known by now
	if _, err := customerio.New(client); err != nil {
		r.say("customerio.endpoint", strings.TrimPrefix(err.Error(), "customerio.endpoint "))
	}
	r.checkMapping(c)
	if c.Delivery.BatchBytes > mostBatch {
		r.say("delivery.batch_bytes", "Customer.io takes 500000 bytes at most: write that or less")
	}
	if c.Delivery.BatchOps > mostOps {
		r.say("delivery.batch_ops", "write 10000 or less")
	}
	if c.CustomerIO.MaxInFlight > mostInFlight {
		r.say("customerio.max_in_flight", "write 1000 or less")
	}
	if c.Delivery.Linger > mostLinger {
		r.say("delivery.linger", "write 10s or less: events wait for it while the topic is quiet")
	}
	if c.Delivery.Memory < leastMemory {
		r.say("delivery.memory", "is too little to work with: write 16MiB or more")
	}
	if _, _, err := net.SplitHostPort(c.Admin.Listen); err != nil {
		r.say("admin.listen", "write an address with a port, such as 127.0.0.1:8080")
	}
}

func (r *reader) checkKafka(k *Kafka) {
	for _, b := range k.Brokers {
		if _, _, err := net.SplitHostPort(b); err != nil {
			r.say("kafka.brokers", "write each broker with its port, such as kafka-1:9092")
			break
		}
	}
	if len(k.Brokers) == 0 {
		r.say("kafka.brokers", "names no broker: write at least one, such as kafka-1:9092")
	}
	if k.SessionTimeout < leastSession {
		r.say("kafka.session_timeout", "write 1s or more; brokers take 6s or more unless configured otherwise")
	}
	if !isName(k.InstanceID) {
		r.say("kafka.instance_id", "write up to 249 letters, digits, dots, underscores and hyphens, and another one for each process, such as the name of its pod")
	}
	if (k.TLS.CertFile == "") != (k.TLS.KeyFile == "") {
		r.say("kafka.tls", "a certificate and its key belong together: write cert_file and key_file, or neither")
	}
	if !k.TLS.Enabled && k.TLS.CAFile+k.TLS.CertFile != "" {
		r.say("kafka.tls.enabled", "files are given but TLS is off: write enabled: true")
	}
	if _, err := k.TLS.Settings(); err != nil {
		key, text, _ := strings.Cut(err.Error(), ": ")
		r.say(key, text)
	}
	if k.SASL.Mechanism != "" && (k.SASL.Username == "" || k.SASL.Password.IsZero()) {
		r.say("kafka.sasl", "a mechanism needs username and password")
	}
	if k.SASL.Mechanism == "" && k.SASL.Username != "" {
		r.say("kafka.sasl.mechanism", "a username is given: write PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
	}
}

func (r *reader) checkMapping(c *Config) {
	without := c.Mapping.Identifiers.WithoutUserID
	if len(without) > 1 && slices.Contains(without, noFallback) {
		r.say("mapping.identifiers.without_user_id", "none stands alone: remove it, or the others")
	}
	// A key that is too short is told here, in words that tell nothing else of it.
	hashes := slices.ContainsFunc(c.Shaping.Rules, func(rule ShapingRule) bool { return len(rule.Hash) > 0 })
	switch key := c.Shaping.HashKey; {
	case hashes && key.IsZero():
		r.say("shaping.hash_key", "is missing, and a rule hashes: write ${NAME} and set that variable to a secret of 16 bytes or more")
	case !key.IsZero() && len(key.Reveal()) < leastHashKey:
		r.say("shaping.hash_key", "is so short that hashes could be undone by trying: take a secret of 16 bytes or more")
	}
	if _, err := transform.New(c.Transform()); err != nil {
		r.tell(err)
	}
}

// checkTopic looks for names that Kafka has no topic of.
func (r *reader) checkTopic(key, name string) {
	if !isName(name) {
		r.say(key, "is no name of a topic: write up to 249 letters, digits, dots, underscores and hyphens")
	}
}

// isName tells whether Kafka takes a text for the name of a topic or of an instance; none will do too.
func isName(text string) bool {
	foreign := strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
	return foreign == "" && len(text) <= mostName && text != "." && text != ".."
}
