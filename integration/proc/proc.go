package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Process is a started child. Its methods may be called by any goroutine.
type Process struct {
	name string
	log  string
	cmd  *exec.Cmd
	done chan struct{}
	err  error // of Wait; valid once done is closed
	peak int64 // bytes resident at most, as last sampled; valid once done is closed
}

// Options say what is run.
type Options struct {
	// Name stands in errors.
	Name string
	// Args are the program and its arguments.
	Args []string
	// Env is added to the environment of this process.
	Env []string
	// Dir is the working directory, the caller's when empty.
	Dir string
	// Log is the file that takes stdout and stderr, appended. It is required.
	Log string
}

// Start starts a process. Its owner, one goroutine locked to its thread, waits for it.
func Start(o Options) (*Process, error) {
	out, err := os.OpenFile(o.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Name, err)
	}
	defer out.Close() // the child has its own copy by then
	//nolint:noctx // the process ends by the signals that its owner sends
	cmd := exec.Command(o.Args[0], o.Args[1:]...)
	cmd.Dir = o.Dir
	cmd.Env = append(os.Environ(), o.Env...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = attributes()
	p := &Process{name: o.Name, log: o.Log, cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The child's life hangs on this thread where the system can arrange that.
		runtime.LockOSThread()
		defer close(p.done)
		err := cmd.Start()
		started <- err
		if err == nil {
			peak := p.watch()
			p.err = cmd.Wait()
			p.peak = peak()
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Name, err)
	}
	return p, nil
}

// ID is the number of the process.
func (p *Process) ID() int { return p.cmd.Process.Pid }

// Signal sends a signal. A process that has already ended is no error.
func (p *Process) Signal(s os.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %s: %w", p.name, err)
	}
	return nil
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Running reports whether the process has not ended.
func (p *Process) Running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Wait waits for the end of the process. It returns nil for exit code 0, an [exec.ExitError] for
// another one, and an error that wraps the context's when that ends first.
func (p *Process) Wait(ctx context.Context) error {
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return fmt.Errorf("%s still runs: %w", p.name, ctx.Err())
	}
}

// Kill ends the process at once (SIGKILL) and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// Stop asks the process to end (SIGTERM), waits for it, and kills it when it has not ended after
// grace. It returns what [Process.Wait] returns.
func (p *Process) Stop(grace time.Duration) error {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	err := p.Wait(ctx)
	if ctx.Err() != nil {
		p.Kill()
	}
	return err
}

// watch samples how much memory the process has had resident at most, until the function that it
// returns is called. (What the system tells after the end counts the parent's memory at the fork.)
func (p *Process) watch() (peak func() int64) {
	ended, result := make(chan struct{}), make(chan int64)
	go func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		var most int64
		for {
			_, peak := p.Resident()
			most = max(most, peak)
			select {
			case <-tick.C:
			case <-ended:
				result <- most
				return
			}
		}
	}()
	return func() int64 {
		close(ended)
		return <-result
	}
}

// Usage returns what an ended process used: processor time of both kinds, and the largest resident
// memory in bytes, sampled twenty times a second (0 where the system does not tell). It waits for
// the end.
func (p *Process) Usage() (cpu time.Duration, resident int64) {
	<-p.done
	s := p.cmd.ProcessState
	if s == nil {
		return 0, 0
	}
	return s.UserTime() + s.SystemTime(), p.peak
}

// Resident returns the resident memory of a running process in bytes, now and at most so far (0 where the
// system does not tell).
func (p *Process) Resident() (now, peak int64) { return resident(p.cmd.Process.Pid) }

// Tail returns the last lines of the process's log, for the text of a failure.
func (p *Process) Tail(lines int) string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// Output returns the whole log.
func (p *Process) Output() (string, error) {
	text, err := os.ReadFile(p.log)
	return string(text), err
}
