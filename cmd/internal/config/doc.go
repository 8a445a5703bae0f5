// Package config reads pintle's configuration: one YAML file in which ${NAME} stands for a variable of
// the environment and ${file:path} for the content of a file.
//
// Every fault of a file is found at once and told with its place, the line it stands in, and what to
// write instead. Keys that do not exist are faults. No message shows a secret.
package config
