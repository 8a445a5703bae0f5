package config

import (
	"net"
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
)

// check looks for values that are well written and cannot be meant.
func (r *reader) check(c *Config) {
	r.checkKafka(&c.Kafka)
	if c.DeadLetters.Topic == c.Kafka.Topic {
		r.say("dead_letters.topic", "is the topic that is read: letters would be read as events; write another topic")
	}
	if _, err := customerio.New(c.Client("")); err != nil {
		r.say("customerio", err.Error())
	}
	if _, err := transform.New(transform.Options{DeviceEvents: c.Mapping.DeviceEvents}); err != nil {
		r.say("mapping.device_events", err.Error())
	}
	if c.Delivery.BatchBytes > mostBatch {
		r.say("delivery.batch_bytes", "Customer.io takes 500000 bytes at most: write that or less")
	}
	if c.Delivery.BatchOps > mostOps {
		r.say("delivery.batch_ops", "write 10000 or less")
	}
	if c.CustomerIO.MaxInFlight > mostInFlight {
		r.say("customerio.max_in_flight", "write 1000 or less")
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
	if (k.TLS.CertFile == "") != (k.TLS.KeyFile == "") {
		r.say("kafka.tls", "a certificate and its key belong together: write cert_file and key_file, or neither")
	}
	if !k.TLS.Enabled && k.TLS.CAFile+k.TLS.CertFile != "" {
		r.say("kafka.tls", "files are given but TLS is off: write enabled: true")
	}
	if k.SASL.Mechanism != "" && (k.SASL.Username == "" || k.SASL.Password.IsZero()) {
		r.say("kafka.sasl", "a mechanism needs username and password")
	}
	if k.SASL.Mechanism == "" && k.SASL.Username != "" {
		r.say("kafka.sasl.mechanism", "a username is given: write PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
	}
}

// say tells a fault of a key at the place where it stands, if it stands anywhere.
func (r *reader) say(key, text string) {
	line, column := r.find(strings.Split(key, "."))
	r.problem(line, column, key, text, secretKey(key))
}

// find returns the place of a dotted key in block style; 0 when it is not there or written otherwise.
func (r *reader) find(path []string) (line, column int) {
	from, indent := 0, -1
	for _, name := range path {
		found := false
		for i := from; i < len(r.lines); i++ {
			text := strings.TrimLeft(r.lines[i], " ")
			at := len(r.lines[i]) - len(text)
			if text != "" && at <= indent && i >= from && !strings.HasPrefix(text, "#") {
				break
			}
			if strings.HasPrefix(text, name+":") {
				from, indent, found = i+1, at, true
				line, column = i+1, at+1
				break
			}
		}
		if !found {
			return line, column
		}
	}
	return line, column
}
