package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

// The demo's topics and group, named the way a real set-up would.
const (
	topic            = "rudder.events"
	lettersTopic     = "rudder.events.dlq"
	group            = "pintle-demo"
	partitions       = 12
	letterPartitions = 3
)

// The credentials of the demo's workspace.
const (
	siteID     = "demo-site"
	apiKey     = "demo-key"
	anotherKey = "demo-key-of-somebody-else"
)

const (
	// window bounds the unfinished records of a partition. It is a quarter of what `pintle run` has, for
	// the sake of memory: an outage fills it.
	window = processor.DefaultWindow / 4
	// remembered is how many events the stand-in recognizes again at least: all that can be under way.
	remembered = partitions * window
	// requestLog is how many requests it remembers.
	requestLog = 1000
)

// world is what the pipeline stands between: Kafka and Customer.io.
type world struct {
	cluster    *kfake.Cluster
	customerio *customeriotest.Server
	server     *http.Server
	endpoint   string
	ended      chan error
}

// newWorld starts a broker and a stand-in on free ports of loopback. Close ends them.
func newWorld(ctx context.Context) (*world, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the demo needs a port on loopback for its Customer.io: %w", err)
	}
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.SeedTopics(partitions, topic), kfake.SeedTopics(letterPartitions, lettersTopic),
		// Memory is given back by whole segments, see [producer.trim].
		kfake.BrokerConfigs(map[string]string{"log.segment.bytes": "1048576"}),
	)
	if err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("the demo's broker does not start: %w", err)
	}
	w := &world{
		cluster:  cluster,
		endpoint: "http://" + listener.Addr().String(),
		// Lean: what is proven is counts, repeats and order; profiles would fill the memory.
		customerio: customeriotest.New(customeriotest.Settings{SiteID: siteID, APIKey: apiKey, Lean: true, Remember: remembered, RequestLog: requestLog}),
		ended:      make(chan error, 1),
	}
	w.server = &http.Server{Handler: w.customerio.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { w.ended <- w.server.Serve(listener) }()
	return w, nil
}

func (w *world) close() error {
	_ = w.server.Close() // the pipeline has ended: nobody waits for an answer
	err := <-w.ended
	w.cluster.Close()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("the demo's Customer.io ended by itself: %w", err)
}
