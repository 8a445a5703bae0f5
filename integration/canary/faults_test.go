package canary

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// markDie is in the id of a user whose event ends the process.
const markDie = "_die"

// plant writes the overlay of a build in which the mapping breaks down, never returns, or takes the process
// with it for users with certain marks, and in which the watchdog is quick.
func (w *world) plant() (overlay string) {
	w.Helper()
	edits := []struct{ file, from, to string }{
		{"processor/watchdog.go", "const watchPatience = 60 * time.Second", "const watchPatience = 2 * time.Second"},
		{"processor/watchdog.go", "const watchInterval = 5 * time.Second", "const watchInterval = time.Second / 5"},
		{"processor/transform/mapper.go", "	ops, out = p.run(dst)\n", `
	switch id := string(ev.UserID); {
	case bytes.Contains(ev.UserID, []byte("` + markPanic + `")):
		panic("there is no " + id)
	case bytes.Contains(ev.UserID, []byte("` + markHang + `")):
		select {}
	case bytes.Contains(ev.UserID, []byte("` + markDie + `")):
		ended := make(chan string)
		go func(id string, user []byte) { ended <- id[len(user)+1:] }(id, ev.UserID)
		<-ended
	}
	ops, out = p.run(dst)
`},
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		w.Fatal(err)
	}
	replace, texts := map[string]string{}, map[string]string{}
	for _, e := range edits {
		file := filepath.Join(root, e.file)
		if texts[file] == "" {
			text, err := os.ReadFile(file)
			if err != nil {
				w.Fatal(err)
			}
			texts[file] = string(text)
		}
		if strings.Count(texts[file], e.from) != 1 {
			w.Fatalf("%s no longer holds %q once: adapt what is planted here", e.file, e.from)
		}
		texts[file] = strings.Replace(texts[file], e.from, e.to, 1)
		replace[file] = filepath.Join(w.dir, filepath.Base(file))
	}
	for file, text := range texts {
		if err := os.WriteFile(replace[file], []byte(text), 0o600); err != nil {
			w.Fatal(err)
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		w.Fatal(err)
	}
	overlay = filepath.Join(w.dir, "overlay.json")
	if err := os.WriteFile(overlay, list, 0o600); err != nil {
		w.Fatal(err)
	}
	return overlay
}

// runFaults is a member with planted faults: an event that the mapping breaks down over, one that it never
// returns from, and one that ends the process.
func (w *world) runFaults(faulty string) {
	const name = "faults"
	w.topics(name, true)
	w.front.treat(name, good)
	for partition, mark := range []string{markPanic, markHang} {
		p := person{w.cage, name}
		w.produce(name, int32(partition), append(healthy(w.cage, name), p.record(with(p.event("track"), map[string]any{"userId": p.of("user id with a fault") + mark}))))
	}
	m := w.launch(name, plan{binary: faulty})
	if m == nil {
		return
	}
	m.status("a letter", func(s string) bool { return strings.Contains(s, `"crashed":1`) })
	m.until("a process that is stuck", "/livez", func(answer string) bool { return !strings.HasPrefix(answer, "ok") })
	m.ask(questions()...)
	p := person{w.cage, name}
	w.produce(name, 2, healthy(w.cage, name))
	w.produce(name, 2, append(healthy(w.cage, name), p.record(with(p.event("track"), map[string]any{"userId": p.of("user id that ends the process") + markDie}))))
	<-m.Done()
	said := m.ends(syscall.SIGTERM)
	w.happened("a process that does not move", strings.Contains(said, "does not move"))
	w.happened("a process that died of an event", strings.Contains(said, "panic: runtime error") && strings.Contains(said, "goroutine "))
	w.happened("a letter of the reason crashed", w.letters(name)["crashed"] == 1)
}
