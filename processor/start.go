package processor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// startInterval is how long a start waits before it asks Kafka again.
const startInterval = 500 * time.Millisecond

// answerPatience is how long an answer is waited for at least, however short Config.StartTimeout is.
const answerPatience = 10 * time.Second

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
	err = p.persist(ctx, func(ctx context.Context) error { return p.tryStart(ctx, at) })
	if _, told := errors.AsType[*NoTopicError](err); !told && errors.Is(err, kerr.UnknownTopicOrPartition) {
		err = &NoTopicError{Topic: p.cfg.Topic, Err: err} // some brokers knew it, those asked later did not
	}
	return err
}

// persist asks until there is an answer, for Config.StartTimeout. A topic that was made a moment ago, a fresh
// cluster and a broker that restarts are told in ways that mend themselves; what does not is final at once. It
// logs once that it goes on asking.
func (p *Processor) persist(ctx context.Context, ask func(context.Context) error) error {
	until := time.Now().Add(p.cfg.StartTimeout)
	var last error
	for {
		asking, cancel := context.WithTimeout(ctx, max(time.Until(until), answerPatience))
		err := ask(asking)
		cancel()
		if err == nil || ctx.Err() != nil || !mends(err) {
			return err
		}
		if last == nil {
			p.log.Info("kafka is not ready; it is asked again", slog.String("error", err.Error()), slog.Duration("for", p.cfg.StartTimeout))
		}
		if last == nil || !errors.Is(err, context.DeadlineExceeded) { // which says less than what came before
			last = err
		}
		if time.Until(until) < startInterval {
			return last
		}
		select {
		case <-time.After(startInterval):
		case <-ctx.Done():
			return last
		}
	}
}

// tryStart is one attempt. A fresh cluster, or one whose coordinator moves, fails it in ways that mend
// themselves.
func (p *Processor) tryStart(ctx context.Context, at listOffsets) error {
	topics, err := p.admin.ListTopics(ctx, p.cfg.Topic)
	if err == nil {
		err = topics[p.cfg.Topic].Err
	} else if !errors.Is(err, kerr.TopicAuthorizationFailed) { // which the client tells as an error of the whole
		return fmt.Errorf("%w at %s: %w", ErrUnreachable, strings.Join(p.cfg.Brokers, ", "), withHint(err))
	}
	switch {
	case errors.Is(err, kerr.UnknownTopicOrPartition), errors.Is(err, kerr.TopicAuthorizationFailed):
		return &NoTopicError{Topic: p.cfg.Topic, Err: err}
	case err != nil:
		return fmt.Errorf("topic %q: %w", p.cfg.Topic, withHint(err))
	}
	topic := topics[p.cfg.Topic]
	p.topicID = topic.ID
	p.unpack.spread(&topic)
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
		return fmt.Errorf("offsets of topic %q at %q: %w", p.cfg.Topic, p.cfg.Start, withHint(err))
	}
	return p.commitStart(ctx, listed.Offsets())
}

func (p *Processor) hasCommit(ctx context.Context) (bool, error) {
	offsets, err := p.admin.FetchOffsetsForTopics(ctx, p.cfg.Group, p.cfg.Topic)
	if errors.Is(err, kerr.GroupIDNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("committed offsets of group %q: %w", p.cfg.Group, withHint(err))
	}
	found := false
	offsets.Each(func(o kadm.OffsetResponse) {
		found = found || o.Err == nil && o.At >= 0
	})
	if err := offsets.Error(); err != nil && !found {
		return false, fmt.Errorf("committed offsets of group %q: %w", p.cfg.Group, withHint(err))
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
		return fmt.Errorf("committing where group %q begins: %w", p.cfg.Group, withHint(err))
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
