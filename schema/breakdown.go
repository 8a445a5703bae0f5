package schema

import (
	"errors"
	"fmt"
	"path"
	"runtime"
	"strings"
)

// Breakdown describes a panic by where in the code it rose and of what kind it is. It says nothing of
// the values at hand, which may be personal. It is called with what recover returned, by the deferred
// function itself.
func Breakdown(recovered any) string {
	kind := fmt.Sprintf("%T", recovered)
	if err, ok := recovered.(error); ok {
		if fault, ok := errors.AsType[runtime.Error](err); ok {
			kind = fault.Error()
		}
	}
	return fmt.Sprintf("%s at %s", kind, rose())
}

// rose is the place in our code that a panic rose at, whosever code was called there.
func rose() string {
	const ours = "github.com/pintle-io/pintle/"
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for panicking := false; ; {
		f, more := frames.Next()
		if panicking && strings.HasPrefix(f.Function, ours) {
			return fmt.Sprintf("%s (%s:%d)", path.Base(f.Function), path.Base(f.File), f.Line)
		}
		panicking = panicking || f.Function == "runtime.gopanic"
		if !more {
			return "an unknown place"
		}
	}
}
