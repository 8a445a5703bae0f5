package app

import (
	"fmt"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"github.com/twmb/franz-go/plugin/kslog"

	"github.com/pintle-io/pintle/cmd/internal/config"
)

// KafkaOptions are what all clients of Kafka have in common. Of what they log, warnings and errors are
// told: the rest is their course of business, unless somebody debugs.
func KafkaOptions(k *config.Kafka, log *slog.Logger) ([]kgo.Opt, error) {
	opts := []kgo.Opt{
		kgo.ClientID("pintle"),
		kgo.WithLogger(kslog.New(slog.New(newQuiet(log.Handler())).With(slog.String("from", "kafka client")))),
		// A client that is closed would try for a second to push its last ones, also to brokers that are gone: the
		// stop would miss its deadline by it.
		kgo.DisableClientMetrics(),
	}
	settings, err := k.TLS.Settings()
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if settings != nil {
		opts = append(opts, kgo.DialTLSConfig(settings))
	}
	if mechanism := mechanism(&k.SASL); mechanism != nil {
		opts = append(opts, kgo.SASL(mechanism))
	}
	return opts, nil
}

func mechanism(s *config.SASL) sasl.Mechanism { //nolint:ireturn // the client wants no other
	scrammed := scram.Auth{User: s.Username, Pass: s.Password.Reveal()}
	switch s.Mechanism {
	case "PLAIN":
		return plain.Auth{User: s.Username, Pass: s.Password.Reveal()}.AsMechanism()
	case "SCRAM-SHA-256":
		return scrammed.AsSha256Mechanism()
	case "SCRAM-SHA-512":
		return scrammed.AsSha512Mechanism()
	default:
		return nil
	}
}
