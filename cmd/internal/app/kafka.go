package app

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"github.com/twmb/franz-go/plugin/kslog"

	"github.com/pintle-io/pintle/cmd/internal/config"
)

// kafkaOptions are what all clients of Kafka have in common.
func kafkaOptions(k *config.Kafka, log *slog.Logger) ([]kgo.Opt, error) {
	opts := []kgo.Opt{
		kgo.ClientID("pintle"),
		kgo.WithLogger(kslog.New(log.With(slog.String("from", "kafka client")).WithGroup(""))),
	}
	if k.TLS.Enabled {
		settings, err := tlsConfig(&k.TLS)
		if err != nil {
			return nil, err
		}
		opts = append(opts, kgo.DialTLSConfig(settings))
	}
	if mechanism := mechanism(&k.SASL); mechanism != nil {
		opts = append(opts, kgo.SASL(mechanism))
	}
	return opts, nil
}

func tlsConfig(t *config.TLS) (*tls.Config, error) {
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("kafka.tls.ca_file: %w", err)
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("kafka.tls.ca_file: %s holds no certificate in PEM form", t.CAFile)
		}
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("kafka.tls.cert_file and key_file: %w", err)
		}
		settings.Certificates = []tls.Certificate{pair}
	}
	return settings, nil
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
