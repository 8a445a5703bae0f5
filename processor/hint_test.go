package processor

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// unready are errors that mend themselves, and settled those that do not, each with a word of its hint: none
// where the error supports no step.
func unready() map[error]string {
	return map[error]string{
		kerr.UnknownTopicOrPartition:       "kafka.topic",
		kerr.LeaderNotAvailable:            "",
		kerr.CoordinatorNotAvailable:       "",
		kerr.CoordinatorLoadInProgress:     "",
		kerr.NotCoordinator:                "",
		kerr.RequestTimedOut:               "",
		errors.New("something else"):       "",
		syscall.ECONNRESET:                 "",
		syscall.ECONNREFUSED:               "kafka.brokers",
		context.DeadlineExceeded:           "kafka.brokers",
		&net.DNSError{Err: "no such host"}: "DNS",
	}
}

func settled() map[error]string {
	certificate := func(err error) error { return &tls.CertificateVerificationError{Err: err} }
	return map[error]string{
		kerr.TopicAuthorizationFailed:                                     "READ and DESCRIBE on the topic",
		kerr.GroupAuthorizationFailed:                                     "READ on the group",
		kerr.SaslAuthenticationFailed:                                     "kafka.sasl.password",
		kerr.UnsupportedSaslMechanism:                                     "kafka.sasl.mechanism",
		kerr.IllegalSaslState:                                             "kafka.sasl",
		kerr.InvalidTopicException:                                        "kafka.topic",
		kerr.InvalidSessionTimeout:                                        "kafka.session_timeout",
		kerr.InconsistentGroupProtocol:                                    "kafka.group",
		kerr.GroupMaxSizeReached:                                          "group.max.size",
		certificate(x509.UnknownAuthorityError{}):                         "kafka.tls.ca_file",
		certificate(x509.HostnameError{Certificate: &x509.Certificate{}}): "kafka.brokers",
		certificate(x509.CertificateInvalidError{}):                       "certificate",
		tls.RecordHeaderError{Msg: "no TLS"}:                              "kafka.tls.enabled",
		&NoStartError{Group: "g", Topic: "t"}:                             "",
	}
}

func TestAHintGoesOnlyWithTheErrorThatItExplains(t *testing.T) {
	for _, errs := range []map[error]string{unready(), settled()} {
		for err, want := range errs {
			got := Hint(fmt.Errorf("asking: %w", err))
			if (got == "") != (want == "") || !strings.Contains(got, want) {
				t.Errorf("%v: the hint is %q, want one of %q", err, got, want)
			}
		}
	}
	for code := int16(-1); code < 200; code++ {
		err, known := errors.AsType[*kerr.Error](kerr.ErrorForCode(code))
		if !known {
			continue
		}
		next := Hint(err)
		if kerr.IsRetriable(err) && err != kerr.UnknownTopicOrPartition && next != "" {
			t.Errorf("%v mends itself, and the hint is %q", err, next)
		}
		if strings.Contains(next, "grant") != strings.HasSuffix(err.Message, "AUTHORIZATION_FAILED") && next != "" {
			t.Errorf("%v: the hint is %q", err, next)
		}
	}
}

func TestAStartAsksAgainForWhatMendsItself(t *testing.T) {
	begin := func(t *testing.T, ask func(context.Context) error) (lines string, took time.Duration, err error) {
		t.Helper()
		var log bytes.Buffer
		p := &Processor{cfg: Config{}.withDefaults(), log: slog.New(slog.NewTextHandler(&log, nil))}
		start := time.Now()
		err = p.persist(t.Context(), ask)
		return log.String(), time.Since(start), err
	}
	for err := range unready() {
		synctest.Test(t, func(t *testing.T) {
			asked := 0
			lines, took, got := begin(t, func(context.Context) error { asked++; return err })
			if !errors.Is(got, err) || took < 29*time.Second || took > 30*time.Second || asked < 30 || strings.Count(lines, "\n") != 1 {
				t.Errorf("%v: after %v and %d questions %v\n%s", err, took, asked, got, lines)
			}
		})
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			lines, _, got := begin(t, func(context.Context) error {
				if time.Since(start) < 20*time.Second {
					return err
				}
				return nil
			})
			if got != nil || strings.Count(lines, "\n") != 1 {
				t.Errorf("%v for 20 s: %v\n%s", err, got, lines)
			}
		})
	}
	for err := range settled() {
		synctest.Test(t, func(t *testing.T) {
			lines, took, got := begin(t, func(context.Context) error { return err })
			if !errors.Is(got, err) || took > 0 || lines != "" {
				t.Errorf("%v: after %v %v\n%s", err, took, got, lines)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // the last broker that is asked says nothing
		asked := 0
		_, took, got := begin(t, func(ctx context.Context) error {
			if asked++; asked == 1 {
				return kerr.UnknownTopicOrPartition
			}
			<-ctx.Done()
			return ctx.Err()
		})
		if !errors.Is(got, kerr.UnknownTopicOrPartition) || took > 30*time.Second {
			t.Errorf("after %v %v", took, got)
		}
	})
}
