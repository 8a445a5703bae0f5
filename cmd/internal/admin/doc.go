// Package admin is the server by which operators and orchestrators look at a running pintle: whether
// it lives and is ready and why not, its metrics, and its books. It only reads. Nothing that it
// answers holds a personal value.
package admin
