// Package kafka starts real Apache Kafka for tests and benchmarks: one broker or three, in KRaft
// mode, each broker also a controller.
//
// Three ways are tried in this order, and the first that works is taken:
//
//   - env: PINTLE_KAFKA=host:port names a cluster that already runs. It must have as many brokers
//     as are asked for, and its brokers cannot be killed or paused.
//   - compose: containers of the public image, where a Docker engine with the Compose plugin
//     answers. The file is compose.yml in this folder.
//   - java: plain processes of Java 17 or newer, on jars that Maven fetches once into the user's
//     cache directory (pintle/kafka-VERSION).
//
// PINTLE_KAFKA_VIA=env|compose|java allows only the one named. What cannot be started is an error
// that wraps [ErrUnavailable] and gives the reason for each way, so that a test can say it out loud.
package kafka
