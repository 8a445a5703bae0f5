// Package demo runs everything in one process: Kafka's in-process broker, a strict stand-in for
// Customer.io behind a real socket, a generator over real RudderStack events, and between them the
// pipeline that `pintle run` runs. It needs no account, no Kafka and no network, and leaves nothing
// behind.
//
// What it shows at the end is proven by the stand-in's own records, which the pipeline has no part in.
package demo
