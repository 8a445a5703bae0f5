package processor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// InstanceTakenError ends a processor whose instance id another process uses.
type InstanceTakenError struct{ Group, InstanceID string }

func (e *InstanceTakenError) Error() string {
	return fmt.Sprintf("another process is in group %q as instance %q, and only one of them may be: "+
		"give each process a kafka.instance_id of its own, then restart this one", e.Group, e.InstanceID)
}

// releasePatience is how long an instance id may be held by somebody else. In the protocol of KIP-848 a
// process that was killed holds its own until its session ends, which brokers let last 60 s at most.
const releasePatience = 75 * time.Second

// instance is a hook of the client that ends the run when the instance id is taken. The client itself would
// try for ever.
type instance struct {
	end func() // called once the id is known to be another's

	// Of the client's one goroutine that manages the group.
	refused, last time.Time // when it was refused first, and last
}

// OnGroupManageError looks at why a session in the group ended.
func (i *instance) OnGroupManageError(err error) { i.failed(time.Now(), err) }

func (i *instance) failed(now time.Time, err error) {
	switch {
	case errors.Is(err, kerr.FencedInstanceID): // somebody joined with it after us
		i.end()
	case errors.Is(err, kerr.UnreleasedInstanceID): // somebody has it, who may be dead
		if now.Sub(i.last) > releasePatience {
			i.refused = now
		}
		i.last = now
		if now.Sub(i.refused) > releasePatience {
			i.end()
		}
	}
}

// learnSession asks the brokers how long sessions of the group last: in the protocol of KIP-848 that is
// theirs to say, and they tell members only how often to send heartbeats.
func (p *Processor) learnSession(ctx context.Context, client *kgo.Client) {
	const key = "consumer.session.timeout.ms"
	group := kmsg.NewDescribeConfigsRequestResource()
	group.ResourceType, group.ResourceName, group.ConfigNames = kmsg.ConfigResourceTypeGroupConfig, p.cfg.Group, []string{key}
	ask := kmsg.NewPtrDescribeConfigsRequest()
	ask.Resources = append(ask.Resources, group)
	answer, err := ask.RequestWith(ctx, client)
	if err == nil {
		var session time.Duration
		if session, err = sessionIn(answer, key); err == nil {
			p.cfg.Session = session
			p.lease.lasts(session)
			return
		}
	}
	p.log.Warn("the brokers do not say how long sessions last, so kafka.session_timeout is taken for it: it must not be longer than theirs, or two members may send at once",
		slog.Duration("session", p.cfg.Session), slog.String("error", err.Error()),
		slog.String("next", "grant DescribeConfigs on the group, or see group.consumer.session.timeout.ms of the brokers"))
}

func sessionIn(answer *kmsg.DescribeConfigsResponse, key string) (time.Duration, error) {
	for _, r := range answer.Resources {
		if err := kerr.ErrorForCode(r.ErrorCode); err != nil {
			return 0, err
		}
		for _, c := range r.Configs {
			if c.Name != key || c.Value == nil {
				continue
			}
			ms, err := strconv.Atoi(*c.Value)
			if err != nil || ms <= 0 {
				return 0, fmt.Errorf("%s is %q: want a number of milliseconds", key, *c.Value)
			}
			return time.Duration(ms) * time.Millisecond, nil
		}
	}
	return 0, errors.New(key + " is not in the answer")
}
