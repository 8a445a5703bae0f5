// Package preview shows what events become without sending them: it reads records as a topic would
// give them, decodes, maps and routes them with the very code that `pintle run` uses, and writes the
// result for people or for programs.
//
// It connects to nothing but Kafka, and to that only when a record is asked for by its place in a
// topic; it joins no group and commits nothing.
package preview
