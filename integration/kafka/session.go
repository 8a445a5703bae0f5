package kafka

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// SetSession says how long the sessions of a group last, with ten heartbeats in each. In the protocol of
// KIP-848 that is the brokers' to say, and their default is 45 s.
func SetSession(ctx context.Context, client *kgo.Client, group string, session time.Duration) error {
	of := kmsg.NewIncrementalAlterConfigsRequestResource()
	of.ResourceType, of.ResourceName = kmsg.ConfigResourceTypeGroupConfig, group
	for key, value := range map[string]time.Duration{"consumer.session.timeout.ms": session, "consumer.heartbeat.interval.ms": session / 10} {
		c := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		c.Name, c.Value = key, new(strconv.FormatInt(value.Milliseconds(), 10))
		of.Configs = append(of.Configs, c)
	}
	ask := kmsg.NewPtrIncrementalAlterConfigsRequest()
	ask.Resources = append(ask.Resources, of)
	answer, err := ask.RequestWith(ctx, client)
	if err == nil {
		err = kerr.ErrorForCode(answer.Resources[0].ErrorCode)
	}
	if err != nil {
		return fmt.Errorf("set the session of group %s: %w", group, err)
	}
	return nil
}
