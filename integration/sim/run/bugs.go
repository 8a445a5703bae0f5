package main

// bug is a mistake that somebody could make, planted by replacing texts of the sources. Its texts must
// be there, each once: a bug that cannot be planted any more is a failure.
type bug struct {
	name string
	what string
	// caught names the invariants of which one is to catch it.
	caught []string
	// faults are kinds of faults, with commas between them, that all its schedules have, besides what their
	// seeds draw: without them nobody would see it, or too seldom.
	faults string
	edits  []edit
}

type edit struct{ file, from, to string }

// none are the faults of a bug that shows anywhere.
const none = ""

// bugs are the mistakes that delivery makes most easily, and the safeguards taken out one at a time.
func bugs() []bug {
	return append(commitBugs(), append(sendBugs(), restBugs()...)...)
}

func commitBugs() []bug {
	const owner, tracker, work = "processor/owner.go", "processor/tracker.go", "processor/work.go"
	return []bug{
		{"S1", "a record counts as finished when it is polled", []string{"I1", "I2a'"}, none, []edit{
			{owner, "	o.tracker.Begin(r.offset, r.at)\n", "	o.tracker.Begin(r.offset, r.at)\n	o.tracker.Finish(r.offset)\n"},
		}},
		{"S2", "the highest finished offset is committed, not the lowest unfinished", []string{"I1"}, none, []edit{
			{tracker, "	if offset != t.low {\n		return false\n	}\n", "	if offset != t.low {\n		t.low = offset + 1\n		return true\n	}\n"},
		}},
		{"S3", "nobody waits for letters to be acknowledged", []string{"I1", "I2d"}, none, []edit{{
			work,
			`	o.p.letters.Write(l, func(err error) {
		o.letterDone(ev, bytes, err)
		if op != nil && err == nil {
			o.p.sink.Resolve(op)
		}
	})
`, `	o.p.letters.Write(l, func(error) {})
	go func() {
		o.letterDone(ev, bytes, nil)
		if op != nil {
			o.p.sink.Resolve(op)
		}
	}()
`,
		}}},
		{"S9", "partitions are committed after they were given back", []string{"I3"}, "join under load,restart,answers lost under load", []edit{
			{owner, "	if o.ended || !known || o.moves", "	if !known || o.moves"},
			{"processor/rebalance.go", "	p.commit(context.Background(), gone) //nolint:contextcheck // when the drain", "	time.AfterFunc(3*time.Second, func() { p.commit(context.Background(), gone) }) //nolint:contextcheck // when the drain"},
			{"processor/rebalance.go", "import (\n", "import (\n	\"time\"\n"},
			{"processor/commit.go", "			return asked[part.Partition].owner.isOver()\n", "			return false\n"},
		}},
		{"S10", "a stop commits what is still in the air", []string{"I1"}, "restart", []edit{
			{"processor/stop.go", "	gone := p.takeOwners(nil)\n", "	gone := p.takeOwners(nil)\n	for _, o := range gone {\n		o.mu.Lock()\n		o.tracker.low = o.tracker.next\n		o.moves++\n		o.mu.Unlock()\n	}\n"},
		}},
		{"S11", "what cannot be decoded is skipped", []string{"I1"}, none, []edit{
			{work, "	o.writeLetter(&r.one[0], l, sink.ReasonDecode, nil)\n", "	_ = l\n	o.closeOp(&r.one[0])\n"},
		}},
		{"S20", "commits are off by one", []string{"I1"}, none, []edit{{owner, "Offset: low}", "Offset: low + 1}"}}},
		{"S21", "the finished set is ahead of its snapshot", []string{"I1", "I2a'"}, none, []edit{
			{tracker, "		if !s.pending {\n			i :=", "		if offset > t.low {\n			i :="},
		}},
		{"S24", "what comes back for a partition that was given up is booked", []string{"I13"}, "cut from kafka with work,answers lost under load,letter errors", []edit{
			{owner, "		case o.ended:\n			o.p.late.Add(1)\n", ""},
			{work, "	case o.ended:\n		o.p.late", "	case o.ended && false:\n		o.p.late"},
		}},
	}
}

func sendBugs() []bug {
	const classify, lanes = "sink/customerio/classify.go", "sink/lanes.go"
	return []bug{
		{"S4", "errors that an answer lists are ignored", []string{"I1"}, none, []edit{
			{classify, "	done.Items = items(found, r.status)\n", ""},
		}},
		{"S5", "429 is taken for a refusal", []string{"I7"}, "throttled", []edit{
			{classify, "		return r.answer(sink.Retry, sink.CauseThrottled)\n", "		return classifyRefused(r)\n"},
		}},
		{"S6", "400 is taken for a passing fault", []string{"I10", "I1"}, "requests refused", []edit{
			{classify, "	if r.ops == 1 {\n		return r.answer(sink.Reject, sink.CauseContent)\n	}\n	found", "	if r.ops == 1 {\n		return r.answer(sink.Retry, sink.CauseServer)\n	}\n	found"},
		}},
		{"S7", "what has to go again goes behind what came later", []string{"I2a", "I2b", "I2d"}, "sink faults", []edit{
			{lanes, "		op.next = ln.head\n		ln.head = op\n		if ln.tail == nil {\n			ln.tail = op\n		}\n", "		if ln.tail == nil {\n			ln.head = op\n		} else {\n			ln.tail.next = op\n		}\n		ln.tail = op\n"},
		}},
		{"S8", "two requests of one user are in the air at once", []string{"I2a", "I2d"}, none, []edit{
			{lanes, "ready := ln.head != nil && ln.held == 0", "ready := ln.head != nil"},
		}},
		{"S12", "ids of events come from the clock", []string{"I9"}, none, []edit{
			{"processor/transform/eventid.go", "	sum := sha256.Sum256(p.hash)\n", "	p.hash = binary.BigEndian.AppendUint64(p.hash, uint64(time.Now().UnixNano()))\n	sum := sha256.Sum256(p.hash)\n"},
			{"processor/transform/eventid.go", "import (\n", "import (\n	\"time\"\n"},
		}},
		{"S16", "redirects are followed", []string{"I6"}, "redirects", []edit{
			{"sink/customerio/client.go", "return http.ErrUseLastResponse", "return nil"},
		}},
		{"S17", "nobody asks for the lease", []string{"I2c"}, "cut from kafka with work", []edit{
			{"processor/lease.go", "Held() bool { return l.held(time.Now()) }", "Held() bool { return true || l.held(time.Now()) }"},
		}},
		{"S18", "the breaker never closes again", []string{"I10", "I1"}, none, []edit{
			{"sink/gate.go", "		g.open()\n		return true\n", "		return false\n"},
		}},
		{"S25", "a request is composed anew when it goes again", []string{"I9"}, none, []edit{
			{"sink/settle.go", "	r.retry.failed(now, e.counts.fortune)\n", "	r.retry.failed(now, e.counts.fortune)\n	for _, op := range r.Ops {\n		op.Body = append(append([]byte(nil), op.Body[:len(op.Body)-1]...), \" }\"...)\n	}\n"},
		}},
		{"S26", "a request takes in what came since when it goes again", []string{"I2d"}, "answers lost under load", []edit{
			{"sink/engine.go", "return func() *Request { return e.waiting.take(0) }", "return func() *Request {\n				e.dissolve(e.waiting.take(0))\n				return e.compose(now, e.composer.limits.ops)\n			}"},
		}},
		{"S27", "the bytes of a request are used again while it may have to", []string{"I1", "I2a", "I7"}, none, []edit{
			{"sink/customerio/client.go", "	got := c.exchange(ctx, f, r)\n", "	got := c.exchange(ctx, f, r)\n	c.recycle(f)\n"},
		}},
		{"S28", "what waits of a partition that was given up is sent all the same", []string{"I2c", "I2a'"}, none, []edit{
			{"sink/settle.go", "func (e *Engine) End(epoch uint64) int {\n", "func (e *Engine) End(epoch uint64) int {\n	return 0\n"},
		}},
		{"S30", "a user's next operation does not wait for the letter of the one before", []string{"I2d"}, "letter errors,answers lost under load", []edit{
			{"sink/settle.go", "; !gone {\n		e.letters[op]", "; false && !gone {\n		e.letters[op]"},
		}},
		{"S31", "a pause that was asked for is not kept", []string{"I11"}, "throttled", []edit{
			{"sink/gate.go", "until.After(g.notBefore)", "false && until.After(g.notBefore)"},
		}},
		{"S22", "an answer of 2xx is taken for the API's, whatever it says", []string{"I1"}, "answers of others", []edit{
			{classify, "	case err != nil:\n		return r.answer(sink.Retry, sink.CauseServer)\n	case len(found) == 0:", "	case err != nil:\n		return done\n	case len(found) == 0:"},
		}},
	}
}

func restBugs() []bug {
	return []bug{
		{"S13", "letters do not say where they come from", []string{"I5"}, none, []edit{
			{"processor/deadletter/header.go", "	add(HeaderID, l.ID(), 2*maxText)\n", ""},
		}},
		{"S14", "nothing bounds what is held", []string{"I4"}, "large records", []edit{
			{"processor/flow.go", "	for !f.roomy() {\n", "	for false {\n"},
			{"processor/flow.go", "	return held > share && held > free\n", "	return false\n"},
		}},
		{"S15", "the log quotes the record", []string{"I6"}, none, []edit{
			{"processor/letters.go", "	now := time.Now()\n	return &deadletter", "	now := time.Now()\n	p.log.Warn(string(r.key))\n	return &deadletter"},
		}},
		{"S19", "deliveries are counted twice", []string{"I13"}, none, []edit{
			{"processor/ledger.go", "	l.InFlight--\n	l.Delivered++\n", "	l.InFlight -= 2\n	l.Delivered += 2\n"},
		}},
		{"S23", "letters are cut short", []string{"I5"}, none, []edit{
			{"processor/letters.go", "Value: r.value,", "Value: append([]byte(nil), r.value...)[:len(r.value)/2],"},
		}},
	}
}
