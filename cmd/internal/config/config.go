package config

import (
	"time"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)

// Config is a configuration with all defaults in their places. Every key is described in
// docs/configuration.md, which a test holds to these structs.
type Config struct {
	Kafka       Kafka       `key:"kafka"`
	DeadLetters DeadLetters `key:"dead_letters"`
	CustomerIO  CustomerIO  `key:"customerio"`
	Mapping     Mapping     `key:"mapping"`
	Filters     Filters     `key:"filters"`
	Shaping     Shaping     `key:"shaping"`
	Delivery    Delivery    `key:"delivery"`
	Limits      Limits      `key:"limits"`
	Admin       Admin       `key:"admin"`
	Log         Log         `key:"log"`
}

// Kafka says where the events are.
type Kafka struct {
	Brokers            []string      `key:"brokers" need:"true" commas:"true"`
	Topic              string        `key:"topic" need:"true"`
	Group              string        `key:"group" need:"true"`
	Start              Start         `key:"start"`
	StartTimeout       time.Duration `key:"start_timeout"`
	ServerSideBalancer bool          `key:"server_side_balancer"`
	InstanceID         string        `key:"instance_id"`
	SessionTimeout     time.Duration `key:"session_timeout"`
	TLS                TLS           `key:"tls"`
	SASL               SASL          `key:"sasl"`
}

// TLS secures the connections to Kafka. Certificates are always verified.
type TLS struct {
	Enabled  bool   `key:"enabled"`
	CAFile   string `key:"ca_file"`
	CertFile string `key:"cert_file"`
	KeyFile  string `key:"key_file"`
}

// SASL says as whom pintle comes to Kafka.
type SASL struct {
	Mechanism Mechanism         `key:"mechanism"`
	Username  string            `key:"username"`
	Password  customerio.Secret `key:"password"`
}

// DeadLetters says where letters go, and whether many of them in a row are held up.
type DeadLetters struct {
	Topic string `key:"topic" need:"true"`
	Brake bool   `key:"brake"`
}

// CustomerIO says where events go, and as whom.
type CustomerIO struct {
	Region      Region            `key:"region"`
	SiteID      customerio.Secret `key:"site_id" need:"true"`
	APIKey      customerio.Secret `key:"api_key" need:"true"`
	Endpoint    string            `key:"endpoint"`
	Rate        Rate              `key:"rate"`
	MaxInFlight int               `key:"max_in_flight"`
}

// Delivery bounds requests, memory and the stop.
type Delivery struct {
	BatchOps     int           `key:"batch_ops"`
	BatchBytes   Size          `key:"batch_bytes"`
	Linger       time.Duration `key:"linger"`
	Memory       Size          `key:"memory"`
	DrainTimeout time.Duration `key:"drain_timeout"`
}

// Limits bound what a record may be.
type Limits struct {
	RecordBytes Size `key:"record_bytes"`
	Depth       int  `key:"depth"`
	Events      int  `key:"events"`
}

// Admin is the server for operators.
type Admin struct {
	Listen string `key:"listen"`
	Pprof  bool   `key:"pprof"`
}

// Log says how much is told, and in which form.
type Log struct {
	Level  Level  `key:"level"`
	Format Format `key:"format"`
}

// Defaults returns the configuration of an empty file.
func Defaults() *Config {
	return &Config{
		Kafka:       Kafka{StartTimeout: 30 * time.Second, SessionTimeout: 10 * time.Second},
		DeadLetters: DeadLetters{Brake: true},
		CustomerIO:  CustomerIO{Region: "us", Rate: 100, MaxInFlight: 64},
		Mapping: Mapping{
			Profile: transform.Guide, Identifiers: Identifiers{UserID: transform.UserIDAuto, Emails: true}, Groups: Groups{ObjectType: "1"},
		},
		Filters: Filters{Consent: Consent{Require: "all", Unknown: "deliver"}},
		Delivery: Delivery{
			BatchOps: 400, BatchBytes: 500_000, Linger: 25 * time.Millisecond, Memory: 128 << 20, DrainTimeout: 25 * time.Second,
		},
		Limits: Limits{RecordBytes: 4 << 20, Depth: 64, Events: 10_000},
		Admin:  Admin{Listen: "127.0.0.1:8080"},
		Log:    Log{Level: "info", Format: "auto"},
	}
}

// Client is the configuration of the client of Customer.io.
func (c *Config) Client(userAgent string) customerio.Config {
	return customerio.Config{
		Region: customerio.Region(c.CustomerIO.Region), Endpoint: c.CustomerIO.Endpoint,
		SiteID: c.CustomerIO.SiteID, APIKey: c.CustomerIO.APIKey, UserAgent: userAgent,
	}
}

// Sink is the configuration of the sink.
func (c *Config) Sink() sink.Options {
	return sink.Options{
		Rate: float64(c.CustomerIO.Rate), MaxInFlight: c.CustomerIO.MaxInFlight,
		MaxOps: c.Delivery.BatchOps, MaxBytes: int(c.Delivery.BatchBytes), Linger: c.Delivery.Linger,
	}
}

// Schema bounds what is decoded.
func (c *Config) Schema() schema.Limits {
	return schema.Limits{Bytes: int(c.Limits.RecordBytes), Depth: c.Limits.Depth, Events: c.Limits.Events}
}
