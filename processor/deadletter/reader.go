package deadletter

import (
	"context"
	"fmt"
	"iter"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ReadAll returns the letters that topic holds when it is called, those of one partition in order. It
// connects with opts, which name the brokers and must not name a group or a topic; it commits nothing.
//
// A record that is no letter, or a damaged one, comes as an error with an empty letter, and the
// reading goes on. Any other error is the last that comes.
func ReadAll(ctx context.Context, opts []kgo.Opt, topic string) iter.Seq2[Letter, error] {
	return func(yield func(Letter, error) bool) {
		ends, client, err := open(ctx, opts, topic)
		if err != nil {
			yield(Letter{}, err)
			return
		}
		defer client.Close()
		for len(ends) > 0 {
			fetches := client.PollFetches(ctx)
			if err := fetches.Err0(); err != nil {
				yield(Letter{}, fmt.Errorf("reading dead letters from %q stopped: %w", topic, err))
				return
			}
			if errs := fetches.Errors(); len(errs) > 0 {
				yield(Letter{}, fmt.Errorf("reading dead letters from %s-%d stopped: %w", topic, errs[0].Partition, errs[0].Err))
				return
			}
			for r := range fetches.RecordsAll() {
				if !pass(r, ends, yield) {
					return
				}
			}
		}
	}
}

// open finds out where the topic ends now, and returns a client that reads up to there.
func open(ctx context.Context, opts []kgo.Opt, topic string) (map[int32]int64, *kgo.Client, error) {
	asker, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, nil, fmt.Errorf("no client for dead letters: %w", err)
	}
	defer asker.Close()
	admin := kadm.NewClient(asker)
	starts, err := admin.ListStartOffsets(ctx, topic)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("the dead-letter topic %q cannot be read, check that it exists and that Describe and Read are granted: %w", topic, err)
	}
	stops, err := admin.ListEndOffsets(ctx, topic)
	if err == nil {
		err = stops.Error()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("the dead-letter topic %q cannot be read to its end: %w", topic, err)
	}
	ends := make(map[int32]int64)
	from := make(map[int32]kgo.Offset)
	stops.Each(func(o kadm.ListedOffset) {
		start, ok := starts.Lookup(topic, o.Partition)
		if ok && start.Offset < o.Offset {
			ends[o.Partition] = o.Offset
			from[o.Partition] = kgo.NewOffset().At(start.Offset)
		}
	})
	all := append(append([]kgo.Opt(nil), opts...),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}),
		kgo.KeepControlRecords(), // one of them may be the last before the end
	)
	client, err := kgo.NewClient(all...)
	if err != nil {
		return nil, nil, fmt.Errorf("no client for dead letters: %w", err)
	}
	return ends, client, nil
}

// pass yields the letter of one record, if it lies before the end. It reports whether to go on.
func pass(r *kgo.Record, ends map[int32]int64, yield func(Letter, error) bool) bool {
	end, ok := ends[r.Partition]
	if !ok {
		return true
	}
	if r.Offset+1 >= end {
		delete(ends, r.Partition)
	}
	if r.Offset >= end || r.Attrs.IsControl() {
		return true
	}
	return yield(Parse(r))
}
