// Package witness is what the tiers that run the shipped binary see of it from outside: the front of the
// destination, which books requests with the process that sent them, the load, which keeps the book of what
// must become of each event, and the letters of their topic. All of it goes into a history.
package witness
