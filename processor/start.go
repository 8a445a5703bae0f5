package processor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// startPatience is how long the first questions to Kafka may take. A broker that is being restarted is
// back by then; beyond it, whoever runs us shall know.
const startPatience = 60 * time.Second

// beginPatience bounds the last look for a commit and the commit where a group begins.
const beginPatience = 3 * time.Second

// settleStart makes sure that the group has a committed offset to begin at. A policy is turned into
// commits once, for a group without any: from then on a partition without a commit is a new one, and
// is read from its start.
func (p *Processor) settleStart(ctx context.Context) error {
	at, err := parseStart(p.cfg.Start)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	_, err = backoff.Retry(ctx, func() (struct{}, error) {
		err := p.tryStart(ctx, at)
		if err != nil && isFinal(err) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithMaxElapsedTime(startPatience), backoff.WithNotify(func(err error, wait time.Duration) {
		p.log.Info("kafka is not ready; it is asked again", slog.String("error", err.Error()), slog.Duration("in", wait))
	}))
	return err
}

// isFinal reports whether to ask again is no use: the broker has answered, and will not answer otherwise
// without somebody's doing; or nobody has answered at all. A connection that breaks is asked again.
func isFinal(err error) bool {
	if _, ok := errors.AsType[*NoTopicError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*NoStartError](err); ok {
		return true
	}
	answer, ok := errors.AsType[*kerr.Error](err)
	return errors.Is(err, ErrUnreachable) || ok && !kerr.IsRetriable(answer)
}

// tryStart is one attempt. A fresh cluster, or one whose coordinator moves, fails it in ways that mend
// themselves.
func (p *Processor) tryStart(ctx context.Context, at listOffsets) error {
	topics, err := p.admin.ListTopics(ctx, p.cfg.Topic)
	if err != nil {
		return fmt.Errorf("%w at %s: %w: check kafka.brokers, and that this machine may connect to them; then kafka.tls and kafka.sasl",
			ErrUnreachable, strings.Join(p.cfg.Brokers, ", "), err)
	}
	d := topics[p.cfg.Topic]
	p.unpack.spread(&d)
	if d.Err != nil {
		if errors.Is(d.Err, kerr.UnknownTopicOrPartition) || errors.Is(d.Err, kerr.TopicAuthorizationFailed) {
			return &NoTopicError{Topic: p.cfg.Topic}
		}
		return fmt.Errorf("topic %q: %w", p.cfg.Topic, d.Err)
	}
	p.topicID = topics[p.cfg.Topic].ID
	committed, err := p.hasCommit(ctx)
	if err != nil || committed {
		return err
	}
	if p.cfg.Start == "" {
		return &NoStartError{Group: p.cfg.Group, Topic: p.cfg.Topic}
	}
	listed, err := at(ctx, p.admin, p.cfg.Topic)
	if err == nil {
		err = listed.Error()
	}
	if err != nil {
		return fmt.Errorf("offsets of topic %q at %q: %w", p.cfg.Topic, p.cfg.Start, err)
	}
	return p.commitStart(ctx, listed.Offsets())
}

func (p *Processor) hasCommit(ctx context.Context) (bool, error) {
	offsets, err := p.admin.FetchOffsetsForTopics(ctx, p.cfg.Group, p.cfg.Topic)
	if errors.Is(err, kerr.GroupIDNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("committed offsets of group %q (the user needs the ACL READ on the group): %w", p.cfg.Group, err)
	}
	found := false
	offsets.Each(func(o kadm.OffsetResponse) {
		found = found || o.Err == nil && o.At >= 0
	})
	if err := offsets.Error(); err != nil && !found {
		return false, fmt.Errorf("committed offsets of group %q: %w", p.cfg.Group, err)
	}
	return found, nil
}

// commitStart commits where the group begins unless somebody has done so meanwhile: to list the offsets may
// take long, and another member may have begun, read on, and gone. The broker takes the commit of anybody for
// a group without members, so the last look and the commit have less time than a session lasts.
func (p *Processor) commitStart(ctx context.Context, at kadm.Offsets) error {
	ctx, cancel := context.WithTimeout(ctx, beginPatience)
	defer cancel()
	committed, err := p.hasCommit(ctx)
	if err != nil || committed {
		return err
	}
	answers, err := p.admin.CommitOffsets(ctx, p.cfg.Group, at)
	if err == nil {
		err = answers.Error()
	}
	if errors.Is(err, kerr.UnknownMemberID) || errors.Is(err, kerr.RebalanceInProgress) {
		return nil // another member was quicker: the group has members, and they have said where to begin
	}
	if err != nil {
		return fmt.Errorf("committing where group %q begins: %w", p.cfg.Group, err)
	}
	p.log.Info("group begins", slog.String("group", p.cfg.Group), slog.String("topic", p.cfg.Topic), slog.String("start", p.cfg.Start))
	return nil
}

type listOffsets = func(context.Context, *kadm.Client, string) (kadm.ListedOffsets, error)

func parseStart(start string) (listOffsets, error) {
	switch start {
	case "", "earliest":
		return func(ctx context.Context, c *kadm.Client, topic string) (kadm.ListedOffsets, error) {
			return c.ListStartOffsets(ctx, topic)
		}, nil
	case "latest":
		return func(ctx context.Context, c *kadm.Client, topic string) (kadm.ListedOffsets, error) {
			return c.ListEndOffsets(ctx, topic)
		}, nil
	}
	t, err := time.Parse(time.RFC3339, start)
	if err != nil {
		return nil, &BadStartError{Start: start}
	}
	return func(ctx context.Context, c *kadm.Client, topic string) (kadm.ListedOffsets, error) {
		return c.ListOffsetsAfterMilli(ctx, t.UnixMilli(), topic)
	}, nil
}
