package processor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"syscall"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Hint returns the next step that an error of Kafka or of the connection to it calls for, and the empty text
// when the error itself supports none, as with what mends itself. It holds no value but names of keys.
func Hint(err error) string {
	if answer, ok := errors.AsType[*kerr.Error](err); ok {
		return answerHint(answer)
	}
	return connectionHint(err)
}

func answerHint(answer *kerr.Error) string {
	switch answer.Code {
	case kerr.UnknownTopicOrPartition.Code:
		return "check kafka.topic, or create the topic"
	case kerr.InvalidTopicException.Code:
		return "correct kafka.topic"
	case kerr.TopicAuthorizationFailed.Code:
		return "grant the ACLs READ and DESCRIBE on the topic to the user"
	case kerr.GroupAuthorizationFailed.Code:
		return "grant the ACL READ on the group to the user"
	case kerr.SaslAuthenticationFailed.Code:
		return "check kafka.sasl.username and kafka.sasl.password"
	case kerr.UnsupportedSaslMechanism.Code:
		return "set kafka.sasl.mechanism to one that the brokers accept"
	case kerr.IllegalSaslState.Code:
		return "set kafka.sasl, or use a listener without SASL in kafka.brokers"
	case kerr.InvalidSessionTimeout.Code:
		return "set kafka.session_timeout between group.min.session.timeout.ms and group.max.session.timeout.ms of the brokers"
	case kerr.InconsistentGroupProtocol.Code:
		return "check kafka.group: its other members use another protocol or assignor; kafka.server_side_balancer must be the same in all"
	case kerr.GroupMaxSizeReached.Code:
		return "start fewer processes, or raise group.max.size of the brokers"
	}
	return ""
}

func connectionHint(err error) string {
	var (
		dns     *net.DNSError
		remote  *net.OpError
		noTLS   tls.RecordHeaderError
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		eof     *kgo.ErrFirstReadEOF
	)
	switch {
	case errors.As(err, &unknown):
		return "set kafka.tls.ca_file to the authority that signed the brokers' certificate"
	case errors.As(err, &name):
		return "write the brokers in kafka.brokers by a name that their certificate holds"
	case errors.As(err, &invalid):
		return "renew or correct the brokers' certificate"
	case errors.As(err, &noTLS):
		return "the port does not speak TLS: check the ports of kafka.brokers, or set kafka.tls.enabled to false"
	case errors.As(err, &remote) && remote.Op == "remote error":
		return "the broker refuses the TLS handshake: check kafka.tls.cert_file and kafka.tls.key_file"
	case errors.As(err, &eof):
		return "the broker closes the connection unanswered: check that kafka.tls and kafka.sasl are those of its listener"
	case errors.As(err, &dns):
		return "check the host names of kafka.brokers, and DNS"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there: check kafka.brokers, and that the brokers run"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT),
		errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "check kafka.brokers, and that this machine may connect to them"
	}
	return ""
}

// mends reports whether to ask again may help. It does not where a broker's answer, a certificate or a missing
// policy stays as it is until somebody acts.
func mends(err error) bool {
	if _, refused := errors.AsType[*NoStartError](err); refused {
		return false
	}
	if answer, ok := errors.AsType[*kerr.Error](err); ok {
		return kerr.IsRetriable(answer)
	}
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	return !untrusted && !noTLS
}

// withHint appends the hint of err to it, if there is one.
func withHint(err error) error {
	if next := Hint(err); next != "" {
		return &hinted{err, next}
	}
	return err
}

type hinted struct {
	error

	next string
}

func (h *hinted) Error() string { return h.error.Error() + ": " + h.next }

func (h *hinted) Unwrap() error { return h.error }
