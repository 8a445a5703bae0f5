package kill

import "github.com/pintle-io/pintle/integration/witness"

// load is the stream of events of a world, whose test fails for what cannot be produced.
type load struct {
	*witness.Load
	world *world
}

// start runs the load in the background. The function that it returns ends it and waits until the
// broker has everything.
func (l *load) start(perSecond int) (stop func()) {
	end := l.Start(l.world.ctx, perSecond)
	return func() {
		l.world.Helper()
		if err := end(); err != nil {
			l.world.Fatal(err)
		}
	}
}

// some produces so many events at once.
func (l *load) some(n int) {
	l.world.Helper()
	if err := l.Some(l.world.ctx, n); err != nil {
		l.world.Fatal(err)
	}
}
