package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/go-faster/jx"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"
)

// The limits of the machine, measured by processes of their own so that their processor time can be
// told apart: the fastest that this machine reads the backlog, and the fastest that it reads,
// decodes and posts it when it need not keep order, answer for anything, or look at any answer.

const bodyBytes = 500_000

// consume reads the whole topic without a group and hands each poll's records to take.
func consume(ctx context.Context, brokers []string, topic string, records int, take func([]*kgo.Record) error) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(brokers...), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		// The fetch settings of design §4.1.
		kgo.FetchMaxBytes(8<<20), kgo.FetchMaxPartitionBytes(512<<10), kgo.MaxConcurrentFetches(3),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	for seen := 0; seen < records; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		list := fetches.Records()
		seen += len(list)
		if err := take(list); err != nil {
			return err
		}
	}
	return nil
}

// readOnly is the first limit.
func readOnly(ctx context.Context, brokers []string, topic string, records int) error {
	return consume(ctx, brokers, topic, records, func([]*kgo.Record) error { return nil })
}

// composed is the second limit: decode with jx, join into bodies, post with four workers.
func composed(ctx context.Context, brokers []string, topic string, records int, url string) error {
	bodies := make(chan []byte, 4)
	pool := sync.Pool{New: func() any { return make([]byte, 0, bodyBytes+64<<10) }}
	group, ctx := errgroup.WithContext(ctx)
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 4}}
	for range 4 {
		group.Go(func() error {
			for body := range bodies {
				if err := post(ctx, client, url, body); err != nil {
					return err
				}
				pool.Put(body[:0]) //nolint:staticcheck // a slice header a body is nothing beside the body
			}
			return nil
		})
	}
	group.Go(func() error {
		defer close(bodies)
		body := pool.Get().([]byte)
		send := func() error {
			select {
			case bodies <- body:
				body = pool.Get().([]byte)
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		err := consume(ctx, brokers, topic, records, func(list []*kgo.Record) error {
			for _, r := range list {
				if err := look(r.Value); err != nil {
					return err
				}
				if len(body)+len(r.Value)+1 > bodyBytes {
					if err := send(); err != nil {
						return err
					}
				}
				body = append(append(body, r.Value...), ',')
			}
			return nil
		})
		if err == nil {
			err = send()
		}
		return err
	})
	return group.Wait()
}

// look decodes an event as far as a mapping must: the ten fields it needs, raw; the rest is skipped.
func look(value []byte) error {
	var fields [10]jx.Raw
	n := 0
	return jx.DecodeBytes(value).ObjBytes(func(d *jx.Decoder, key []byte) error {
		switch string(key) {
		case "type", "event", "userId", "anonymousId", "messageId", "timestamp", "context", "traits", "properties", "integrations":
			raw, err := d.Raw()
			fields[n%len(fields)] = raw
			n++
			return err
		default:
			return d.Skip()
		}
	})
}

func post(ctx context.Context, client *http.Client, url string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := client.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the swallowing server answered %s", answer.Status)
	}
	return nil
}

// swallow is a server that reads each body and answers that all is well.
func swallow(ctx context.Context, addr string) error {
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "{}")
	})}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
