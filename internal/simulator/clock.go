package simulator

import (
	"sync"
	"sync/atomic"
	"time"
)

// clock is simulated time: it runs speed times as fast as real time, and can be
// advanced. It is built on package time, so in a bubble of testing/synctest it uses
// fake time.
type clock struct {
	mu     sync.Mutex
	speed  float64
	start  time.Time     // real
	moved  time.Duration // simulated, the sum of all advances
	timers map[*timer]struct{}
}

type timer struct {
	clock *clock
	due   time.Time // simulated
	real  *time.Timer
	fire  func()
	spent atomic.Bool // fired or stopped; the fired function may stop its own timer
}

func newClock(speed float64) *clock {
	if speed <= 0 {
		speed = 1
	}
	return &clock{speed: speed, start: time.Now(), timers: make(map[*timer]struct{})}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nowLocked()
}

func (c *clock) nowLocked() time.Time {
	return c.start.Add(time.Duration(float64(time.Since(c.start))*c.speed) + c.moved)
}

// after calls fire after d of simulated time.
func (c *clock) after(d time.Duration, fire func()) *timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &timer{clock: c, due: c.nowLocked().Add(d), fire: fire}
	c.timers[t] = struct{}{}
	t.real = time.AfterFunc(time.Duration(float64(d)/c.speed), t.run)
	return t
}

// claim removes the timer from the clock. Only the first call returns true.
func (t *timer) claim() bool {
	if !t.spent.CompareAndSwap(false, true) {
		return false
	}
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	delete(t.clock.timers, t)
	return true
}

func (t *timer) run() {
	if t.claim() {
		t.fire()
	}
}

// stop prevents the timer from firing, unless it already has.
func (t *timer) stop() {
	if t != nil && t.claim() {
		t.real.Stop()
	}
}

// advance advances the time from one timer to the next, so that each fires at its own
// time.
func (c *clock) advance(d time.Duration) {
	target := c.now().Add(d)
	for {
		next := c.nextBefore(target)
		if next == nil {
			break
		}
		c.moveTo(next.due)
		next.real.Stop()
		next.run()
	}
	c.moveTo(target)
	c.mu.Lock()
	defer c.mu.Unlock()
	for t := range c.timers { // the others are now due sooner
		t.real.Reset(max(0, time.Duration(float64(t.due.Sub(c.nowLocked()))/c.speed)))
	}
}

func (c *clock) nextBefore(target time.Time) *timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	var next *timer
	for t := range c.timers {
		if !t.due.After(target) && (next == nil || t.due.Before(next.due)) {
			next = t
		}
	}
	return next
}

func (c *clock) moveTo(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved += max(0, t.Sub(c.nowLocked()))
}
