package processor

import (
	"testing"

	"pgregory.net/rapid"
)

// asked is one record that the brake was asked about.
type asked struct {
	partition int
	failed    bool
}

// wants is what the brake is meant to do, word for word: it keeps every record that passed.
type wants struct {
	window, least, own int
	passed             []asked
}

func (w *wants) stops(a asked) bool {
	all, failures := w.last(w.window, func(asked) bool { return true })
	own, ownFailures := w.last(w.own, func(b asked) bool { return b.partition == a.partition })
	if a.failed && failures >= w.least && 2*failures > all && 2*ownFailures > own {
		return true
	}
	w.passed = append(w.passed, a)
	return false
}

func (w *wants) last(n int, of func(asked) bool) (seen, failures int) {
	for i := len(w.passed) - 1; i >= 0 && seen < n; i-- {
		if of(w.passed[i]) {
			seen++
			if w.passed[i].failed {
				failures++
			}
		}
	}
	return seen, failures
}

// TestTheBrakeIsWhatItIsMeantToBe asks about every sequence of nine records of two partitions.
func TestTheBrakeIsWhatItIsMeantToBe(t *testing.T) {
	const window, least, own, length = 5, 2, 3, 9
	stops := 0
	for code := range 1 << (2 * length) {
		b := newBrake(window, least)
		parts := [2]outcomes{{size: own}, {size: own}}
		w := wants{window: window, least: least, own: own}
		for i := range length {
			a := asked{partition: code >> (2 * i) & 1, failed: code>>(2*i+1)&1 == 1}
			got, want := b.stops(&parts[a.partition], a.failed), w.stops(a)
			if got != want {
				t.Fatalf("sequence %x, record %d: stops %v, want %v", code, i, got, want)
			}
			if got {
				stops++
			}
		}
	}
	if stops == 0 {
		t.Fatal("no sequence stopped anything")
	}
}

func TestTheBrakeIsWhatItIsMeantToBeOverLongRuns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBrake(brakeWindow, brakeLeast)
		parts := [3]outcomes{{size: brakeOwn}, {size: brakeOwn}, {size: brakeOwn}}
		w := wants{window: brakeWindow, least: brakeLeast, own: brakeOwn}
		for range rapid.IntRange(1, 5).Draw(t, "phases") {
			bad := rapid.IntRange(0, 10).Draw(t, "bad of 10")
			partition := rapid.IntRange(0, 2).Draw(t, "partition")
			for i := range rapid.IntRange(1, 250).Draw(t, "records") {
				a := asked{partition: partition, failed: i%10 < bad}
				if got, want := b.stops(&parts[partition], a.failed), w.stops(a); got != want {
					t.Fatalf("record %d: stops %v, want %v", len(w.passed), got, want)
				}
			}
		}
	})
}

// letters counts how many failing records of one partition pass before it stops.
func letters(t *testing.T, b *brake, own *outcomes) int {
	t.Helper()
	for n := range 10_000 {
		if b.stops(own, true) {
			return n
		}
	}
	t.Fatal("10,000 failing records became letters")
	return 0
}

func TestHowManyLettersABadDeployWrites(t *testing.T) {
	b := newBrake(brakeWindow, brakeLeast)
	if n := letters(t, &b, &outcomes{size: brakeOwn}); n != brakeLeast {
		t.Errorf("a process that began with failures wrote %d letters, want %d", n, brakeLeast)
	}
	if n := letters(t, &b, &outcomes{size: brakeOwn}); n != 1 {
		t.Errorf("a further partition wrote %d letters, want 1", n)
	}
	b = newBrake(brakeWindow, brakeLeast)
	own := outcomes{size: brakeOwn}
	for range 1000 {
		b.stops(&own, false)
	}
	if n := letters(t, &b, &own); n != brakeWindow/2+1 {
		t.Errorf("after a thousand good records it wrote %d letters, want %d", n, brakeWindow/2+1)
	}
	b.release()
	for n := range brakeWindow {
		if b.stops(&own, true) {
			t.Fatalf("record %d after the release was stopped", n)
		}
	}
	if !b.stops(&own, true) {
		t.Error("the release lasts for ever")
	}
	for range brakeWindow / 2 {
		b.stops(&own, false)
	}
	if b.stops(&own, true) {
		t.Error("half of the last records failed, and it stopped")
	}
}

func TestAHealthyPartitionIsNotStoppedForAnothersBurst(t *testing.T) {
	b := newBrake(brakeWindow, brakeLeast)
	poison, healthy := outcomes{size: brakeOwn}, outcomes{size: brakeOwn}
	for range 100 {
		b.stops(&healthy, false)
	}
	letters(t, &b, &poison)
	if b.stops(&healthy, true) {
		t.Error("one bad record of a healthy partition stopped it")
	}
	if !b.stops(&poison, true) {
		t.Error("the partition of poison goes on")
	}
}

func TestSmallTopicsAreNotStopped(t *testing.T) {
	b := newBrake(brakeWindow, brakeLeast)
	own := outcomes{size: brakeOwn}
	for _, failed := range []bool{true, true, false, true} {
		if b.stops(&own, failed) {
			t.Error("three bad records of four stopped a partition")
		}
	}
}

// TestACleanBrakeTakesNoLock: the short way of healthy records leaves the brake as the long way would.
func TestACleanBrakeTakesNoLock(t *testing.T) {
	b := newBrakes(false)
	own := outcomes{size: brakeOwn}
	for range brakeWindow {
		b.stops(&own, false)
	}
	b.mu.Lock()
	if _, stops := b.stops(&own, false); stops {
		t.Error("a good record was stopped")
	}
	b.mu.Unlock()
	for n := range brakeWindow {
		if _, stops := b.stops(&own, true); stops {
			if n != brakeWindow/2+1 {
				t.Errorf("stopped after %d failures, want %d", n, brakeWindow/2+1)
			}
			return
		}
	}
	t.Error("nothing stopped")
}

// stop lets records of a partition fail until it stops.
func stop(t *testing.T, b *brakes, own *outcomes) (released <-chan struct{}) {
	t.Helper()
	for range 10_000 {
		if released, stops := b.stops(own, true); stops {
			return released
		}
	}
	t.Fatal("10,000 failing records became letters")
	return nil
}

// TestAReleaseLetsGoWhatWaits, whatever the short way for healthy records was: those that follow are counted.
func TestAReleaseLetsGoWhatWaits(t *testing.T) {
	b := newBrakes(false)
	if n := b.release(); n != 0 {
		t.Errorf("released %d partitions, though none waits", n)
	}
	own := outcomes{size: brakeOwn}
	for again := range 3 {
		released := stop(t, b, &own)
		b.wait(1)
		if failed, of := b.wait(1); failed < brakeLeast || of < failed || of > brakeWindow {
			t.Errorf("stopped for %d of %d", failed, of)
		}
		b.wait(-1)
		select {
		case <-released:
			t.Fatal("it does not wait")
		default:
		}
		if n := b.release(); n != 1 {
			t.Errorf("released %d partitions, want 1", n)
		}
		select {
		case <-released:
		default:
			t.Fatal("it waits on")
		}
		b.wait(-1)
		if again == 0 {
			continue
		}
		for n := range brakeWindow {
			if _, stops := b.stops(&own, n >= brakeWindow/2); stops {
				t.Fatalf("record %d after the release was stopped", n)
			}
		}
	}
}

// TestTheRecordsThatPassAreCountedWhenAllWasWellBefore: while a partition waits, the others may have made the
// brake clean, and clean records take no lock. After a release they do.
func TestTheRecordsThatPassAreCountedWhenAllWasWellBefore(t *testing.T) {
	b := newBrakes(false)
	poison, healthy := outcomes{size: brakeOwn}, outcomes{size: brakeOwn}
	stop(t, b, &poison)
	b.wait(1)
	for range brakeWindow {
		b.stops(&healthy, false)
	}
	b.release()
	for range brakeWindow {
		b.stops(&healthy, false)
	}
	for n := range 2 * brakeWindow {
		if _, stops := b.stops(&poison, true); stops {
			if n != brakeWindow/2+1 {
				t.Errorf("%d letters after the records that pass, want %d", n, brakeWindow/2+1)
			}
			return
		}
	}
	t.Error("nothing stops any more")
}
