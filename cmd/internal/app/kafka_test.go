package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/cmd/internal/config"
	"github.com/pintle-io/pintle/processor"
)

// certificate writes a certificate for loopback, good for both ends, and its key into dir.
func certificate(t *testing.T, dir string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// ask reads kafka's part of a configuration that stands in dir and asks the broker something.
func ask(t *testing.T, dir, broker, kafka string) error {
	t.Helper()
	source := fmt.Sprintf("kafka:\n  brokers: [%q]\n  topic: t\n  group: g\n%sdead_letters: {topic: l}\ncustomerio: {site_id: s, api_key: k}\n", broker, kafka)
	cfg, err := config.Parse(filepath.Join(dir, "pintle.yaml"), []byte(source), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	opts, err := KafkaOptions(&cfg.Kafka, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(append(opts, kgo.SeedBrokers(cfg.Kafka.Brokers...), kgo.RequestRetries(0))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	return client.Ping(t.Context())
}

func TestTLS(t *testing.T) {
	dir := t.TempDir()
	cert := certificate(t, dir)
	roots := x509.NewCertPool()
	parsed, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(parsed)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.TLS(&tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}, ClientCAs: roots, ClientAuth: tls.RequireAndVerifyClientCert,
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	broker := cluster.ListenAddrs()[0]
	const ours = "  tls: {enabled: true, ca_file: cert.pem, cert_file: cert.pem, key_file: key.pem}\n"
	if err := ask(t, dir, broker, ours); err != nil {
		t.Error(err)
	}
	for name, kafka := range map[string]string{
		"a broker that nobody vouches for is refused": "  tls: {enabled: true, cert_file: cert.pem, key_file: key.pem}\n",
		"the broker wants a certificate":              "  tls: {enabled: true, ca_file: cert.pem}\n",
		"no TLS":                                      "",
	} {
		if err := ask(t, dir, broker, kafka); err == nil {
			t.Errorf("%s: there was an answer", name)
		}
	}
}

// TestAConnectionThatFailsNamesTheKeyAtFault: the errors are those of real handshakes.
func TestAConnectionThatFailsNamesTheKeyAtFault(t *testing.T) {
	dir := t.TempDir()
	secured, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.TLS(&tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate(t, dir)},
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer secured.Close()
	_, port, _ := net.SplitHostPort(secured.ListenAddrs()[0])
	for _, tt := range []struct{ broker, kafka, names string }{
		{secured.ListenAddrs()[0], "  tls: {enabled: true}\n", "kafka.tls.ca_file"},
		{"localhost:" + port, "  tls: {enabled: true, ca_file: cert.pem}\n", "kafka.brokers by a name"},
		{"127.0.0.1:1", "", "kafka.brokers"},
	} {
		err := ask(t, dir, tt.broker, tt.kafka)
		if err == nil || !strings.Contains(processor.Hint(err), tt.names) {
			t.Errorf("%q: the hint of %v is %q, want one of %s", tt.kafka, err, processor.Hint(err), tt.names)
		}
	}
}

func TestSASL(t *testing.T) {
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser(mechanism, "pintle", secret))
		if err != nil {
			t.Fatal(err)
		}
		const kafka = "  sasl: {mechanism: %s, username: pintle, password: %s}\n"
		if err := ask(t, "", cluster.ListenAddrs()[0], fmt.Sprintf(kafka, mechanism, secret)); err != nil {
			t.Errorf("%s: %v", mechanism, err)
		}
		if err := ask(t, "", cluster.ListenAddrs()[0], fmt.Sprintf(kafka, mechanism, "another")); err == nil || strings.Contains(err.Error(), "another") {
			t.Errorf("%s with a wrong password: %v", mechanism, err)
		}
		cluster.Close()
	}
}
