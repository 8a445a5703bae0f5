package kill

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/pintle-io/pintle/integration/program"
)

// TestFewDescriptors gives the program 64 file descriptors, and a destination that is so slow that it
// would like to have more. It goes on with what it has.
func TestFewDescriptors(t *testing.T) {
	limit, err := exec.LookPath("prlimit")
	if err != nil {
		notRun(t, err)
		return
	}
	w := newWorld(t, 0)
	w.front.Slow(func([]byte) time.Duration { return 200 * time.Millisecond })
	stop := w.load.start(2000)
	w.launch(func(s *program.Settings) { s.Before = []string{limit, "--nofile=64:64"} })
	<-time.After(3 * time.Second)
	stop()
	w.front.Slow(nil)
	w.settled(60 * time.Second)
	v := w.judge()
	w.figure("64 file descriptors: violations", 1, float64(len(v.violations)), "violations", 0)
}

// TestBlockedLog lets nobody read what the program writes: its log is a pipe that is full. Deliveries
// do not wait for it.
func TestBlockedLog(t *testing.T) {
	w := newWorld(t, 0)
	reader := w.pipe("life-1")
	defer reader.Close()
	w.load.some(1000)
	l := w.launch(func(s *program.Settings) { s.LogLevel = "debug" })
	stop := w.load.start(300)
	w.reach(l, answered)
	// Every letter and every probe is a line of the log, and each of them fills the pipe.
	w.until("the pipe to be full", 60*time.Second, func() (bool, string) { return full(reader), "it is not" })
	stop()
	w.settled(20 * time.Second)
	w.judge()
}

// TestClosedLog closes the pipe that the program logs to: whoever read it is gone.
func TestClosedLog(t *testing.T) {
	w := newWorld(t, 0)
	reader := w.pipe("life-1")
	w.load.some(500)
	l := w.launch(func(s *program.Settings) { s.LogLevel = "debug" })
	w.reach(l, answered)
	reader.Close()
	w.load.some(500)
	w.settled(20 * time.Second)
	if !l.Running() {
		t.Errorf("the program has ended: %v", l.Wait(w.ctx))
	}
	w.judge()
}

// TestFullDisk logs to a disk that takes nothing.
func TestFullDisk(t *testing.T) {
	w := newWorld(t, 0)
	if err := os.Symlink("/dev/full", filepath.Join(w.dir, "life-1.log")); err != nil {
		notRun(t, err)
		return
	}
	w.load.some(1000)
	l := w.launch(func(s *program.Settings) { s.LogLevel = "debug" })
	w.settled(30 * time.Second)
	if !l.Running() {
		t.Errorf("the program has ended: %v", l.Wait(w.ctx))
	}
	w.judge()
}

// pipe makes the log of a life a pipe, and returns the end that is read.
func (w *world) pipe(name string) *os.File {
	w.Helper()
	path := filepath.Join(w.dir, name+".log")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		w.Fatal(err)
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		w.Fatal(err)
	}
	return reader
}

// full tells whether a pipe takes nothing more.
func full(reader *os.File) bool {
	writer, err := os.OpenFile(reader.Name(), os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer writer.Close()
	n, err := syscall.Write(int(writer.Fd()), []byte("\n"))
	return n < 1 && err != nil
}

// notRun says out loud what could not run and why. In CI that is a failure.
func notRun(t *testing.T, why error) {
	t.Helper()
	t.Logf("NOT RUN: %s: %v", t.Name(), why)
	if os.Getenv("CI") != "" {
		t.Error("in CI everything must run")
	}
}
