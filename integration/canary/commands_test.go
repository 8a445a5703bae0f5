package canary

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// command runs a command of the program and keeps what it says. Kinds may stand on standard output.
func (w *world) command(binary string, may []Kind, args ...string) (code int) {
	w.Helper()
	var out, talk bytes.Buffer
	cmd := exec.CommandContext(w.Context(), binary, args...)
	cmd.Stdout, cmd.Stderr = &out, &talk
	cmd.Env = append(os.Environ(), "SITE_ID="+w.secrets.siteID, "KAFKA_PASSWORD="+w.secrets.password)
	if err := cmd.Run(); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			w.Error(err)
			return -1
		}
		code = exit.ExitCode()
	}
	where := fmt.Sprintf("%v", args)
	w.wrote("standard output of "+where, out.Bytes(), may...)
	w.wrote("standard error of "+where, talk.Bytes())
	if out.Len()+talk.Len() == 0 {
		w.Errorf("%s says nothing", where)
	}
	return code
}

// file writes a file and returns its path.
func (w *world) file(name string, content []byte) string {
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		w.Error(err)
	}
	return path
}

// runCommands runs the commands that end by themselves.
func (w *world) runCommands(binary string) {
	const name = "commands"
	w.topics(name, true)
	events := append(everything(w.T, w.cage), broken(w.T, w.cage)...)
	w.produce(name, 0, events)
	config := w.file("commands.yaml", fmt.Appendf(nil, `
kafka: {brokers: [%q], topic: commands, group: commands, sasl: {mechanism: SCRAM-SHA-256, username: %s, password: "${KAFKA_PASSWORD}"}}
dead_letters: {topic: commands-letters}
customerio: {site_id: "${SITE_ID}", api_key: %s}
shaping: {hash_key: %s, rules: [{hash: [hashed]}, {where: 'properties.%s != nil', set: {sum: 'properties.%s + 1'}}]}
filters: {where: '(properties.%s ?? 0) >= 0'}
`, w.broker, w.secrets.user, w.secrets.apiKey, w.secrets.hashKey, markSet, markSet, markWhere))
	file := w.file("events.jsonl", values(events))
	shows := []Kind{Personal}
	for _, args := range [][]string{
		{file},
		{"-o", "json", file},
		{"--profile", "current", "--diff", "guide", file},
		{"--diff", config, file},
		{"commands/0@0"},
		{"-o", "json", "-n", "100", "commands/0@0"},
		{"commands/9@0"},
		{"commands/0@9999999"},
	} {
		w.command(binary, shows, append([]string{"preview", "-c", config}, args...)...)
	}
	for _, args := range [][]string{{"--summary", file}, {"--summary", "-o", "json", file}} {
		w.command(binary, nil, append([]string{"preview", "-c", config}, args...)...)
	}
	if code := w.command(binary, nil, "check", "-c", config); code != 0 {
		w.Errorf("a good configuration is refused with %d", code)
	}
	w.command(binary, nil, "health", "--admin", "127.0.0.1:1")
	w.command(binary, nil, "run", "-c", config) // the group has no offsets, and nothing says where to begin
	w.runFaultyFiles(binary)
}

// runFaultyFiles has configurations checked that hold faults around their secrets.
func (w *world) runFaultyFiles(binary string) {
	w.Helper()
	s := func(name string) string { return w.cage.Secret(name + " in a faulty file") }
	key := w.file("wrong-key", []byte(s("file that is no key")))
	pem := w.file("broken.pem", fmt.Appendf(nil, "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n", s("broken key")))
	const good = "kafka: {brokers: ['a:1'], topic: t, group: g}\ndead_letters: {topic: l}\n"
	for i, text := range []string{
		good + "customerio: {site_id: " + s("Site ID") + ", api_key: [" + s("API key in a list") + "]}\n",
		good + "customerio: {site_id: a, api_kee: " + s("API key under another name") + "}\n",
		good + "customerio: {site_id: a, api_key: {key: " + s("API key in an object") + "}}\n",
		good + "customerio: {site_id: a, api_key: '" + s("API key with an open quote") + "}\n",
		good + "customerio:\n  site_id: a\n  api_key: \"" + s("API key with an escape") + "\\q\"\n",
		good + "customerio:\n  site_id: a\n\tapi_key: " + s("API key behind a tab") + "\n",
		good + "customerio:\n  site_id: a\n  api_key: |\n    " + s("API key in a block") + "\n  rate: much\n",
		good + "customerio:\n  site_id: a\n  api_key: &anchor " + s("API key with an anchor") + "\n  rate: *anchor\n",
		good + "customerio:\n  site_id: a\n  api_key: !!int " + s("API key with a tag") + "\n",
		good + "customerio:\n  site_id: a\n  api_key: b\n  api_key: " + s("second API key") + "\n",
		good + "customerio:\n  site_id: a\n  api_key: ${" + s("API key for a name of a variable") + "\n",
		good + "customerio:\n  site_id: a\n  api_key: b: " + s("API key behind a colon") + "\n",
		good + "customerio: " + s("API key in the place of a section") + "\n",
		good + s("API key alone") + "\n",
		good + "customerio: {site_id: a, api_key: b, endpoint: 'https://" + s("user") + ":" + s("password") + "@host'}\n",
		good + "customerio: {site_id: a, api_key: b, endpoint: 'https://host/?token=" + s("token in a query") + "'}\n",
		good + "customerio: {site_id: a, api_key: b, endpoint: 'https://host/#" + s("fragment") + "'}\n",
		good + "customerio: {site_id: a, api_key: b, endpoint: 'ftp://host/" + s("path") + "'}\n",
		good + "customerio: {site_id: a, api_key: b, rate: much} # was " + s("comment") + "\n",
		good + "customerio: {site_id: a, api_key: b}\nshaping: {hash_key: " + s("key of hashes") + ", rules: [{hash: 5, where: 1 +}]}\n",
		"kafka: {brokers: ['" + s("user of a broker") + ":" + s("password of a broker") + "@a:1'], topic: t, group: g}\n",
		"kafka: {brokers: ['a:1'], topic: t, group: g, sasl: {mechanism: PLAN, username: u, password: " + s("password") + "}}\n",
		"kafka: {brokers: ['a:1'], topic: t, group: g, sasl: {mechanism: PLAIN, password: " + s("password without a user") + "}}\n",
		"kafka: {brokers: ['a:1'], topic: t, group: g, sasl: " + s("password in the place of sasl") + "}\n",
		"kafka: {brokers: ['a:1'], topic: t, group: g, sasl_password: " + s("password on the wrong level") + "}\n",
		"kafka: {brokers: ['a:1'], topic: t, group: g, tls: {enabled: true, cert_file: " + key + ", key_file: " + key + "}}\n",
		"kafka: {brokers: ['a:1'], topic: t, group: g, tls: {enabled: true, ca_file: " + pem + ", cert_file: " + pem + ", key_file: " + pem + "}}\n",
		"kafka: {brokers: ['a:1'], topic: t, group: g, session_timeout: '${file:" + key + "}'}\n",
		"kafka: {brokers: ['a:1'], topic: t, group: g, start: '${SITE_ID}', session_timeout: '${KAFKA_PASSWORD}'}\n",
		"-----BEGIN PRIVATE KEY-----\n" + s("key in the place of a configuration") + "\n",
		"{\"api_key\": \"" + s("key of a file in JSON") + "\", \"kafka\": [}\n",
	} {
		file := w.file(fmt.Sprintf("faulty-%d.yaml", i), []byte(text))
		for at, command := range []string{"check", "run", "preview"} {
			if i%10 != 0 && at > 0 {
				continue // they read it in the same way
			}
			if code := w.command(binary, nil, command, "-c", file); code == 0 {
				w.Errorf("%s of %q finds nothing wrong", command, text)
			}
		}
	}
}
