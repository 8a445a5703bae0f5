// Package admin is the server by which operators and orchestrators look at a running pintle: whether
// it lives and is ready and why not, its metrics, and its books. One call does something: it releases
// the brake, and takes orders from this machine alone. Nothing that it answers holds a personal value.
package admin
