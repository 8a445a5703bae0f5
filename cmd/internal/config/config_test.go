package config

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/pintle-io/pintle/processor/transform"
)

var update = flag.Bool("update", false, "write the golden files again") //nolint:gochecknoglobals // a flag of the test binary

func environment(name string) (string, bool) {
	value, ok := map[string]string{
		"CUSTOMERIO_SITE_ID": "site-secret", "CUSTOMERIO_API_KEY": "key-secret", "BROKERS": "a:9092,b:9092", "EMPTY": "",
		"HASH_KEY": "a key of 20 letters.",
	}[name]
	return value, ok
}

// TestFaults reads each golden file: a configuration, and what is said of it. -update writes what is
// said again.
func TestFaults(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse("pintle.yaml", archive.Files[0].Data, environment)
			got := fmt.Sprintln(err)
			if *update {
				archive.Files[1].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(got, string(archive.Files[1].Data)); d != "" {
				t.Errorf("(-got +want):\n%s", d)
			}
			if strings.Contains(got, "hunter2") {
				t.Errorf("a secret is shown:\n%s", got)
			}
		})
	}
}

const least = `
kafka: {brokers: "${BROKERS}", topic: t, group: g}
dead_letters: {topic: t.dlq}
customerio: {site_id: "${CUSTOMERIO_SITE_ID}", api_key: "${file:testdata/api_key}"}
`

func TestDefaultsAndExpansion(t *testing.T) {
	c, err := Parse("pintle.yaml", []byte(least), environment)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(c.Kafka.Brokers, []string{"a:9092", "b:9092"}); d != "" {
		t.Errorf("brokers (-got +want):\n%s", d)
	}
	if c.CustomerIO.SiteID.Reveal() != "site-secret" || c.CustomerIO.APIKey.Reveal() != "from a file" {
		t.Errorf("secrets: %q, %q", c.CustomerIO.SiteID.Reveal(), c.CustomerIO.APIKey.Reveal())
	}
	want := Defaults()
	want.Kafka.Brokers, want.Kafka.Topic, want.Kafka.Group = c.Kafka.Brokers, "t", "g"
	want.DeadLetters.Topic = "t.dlq"
	want.CustomerIO.SiteID, want.CustomerIO.APIKey = c.CustomerIO.SiteID, c.CustomerIO.APIKey
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got %+v\nwant %+v", c, want)
	}
	for _, form := range []string{"%v", "%+v", "%#v"} {
		if s := fmt.Sprintf(form, c); strings.Contains(s, "site-secret") || strings.Contains(s, "from a file") {
			t.Errorf("%s shows a secret", form)
		}
	}
}

func TestTheExampleIsFine(t *testing.T) {
	src, err := os.ReadFile("../../../deploy/pintle.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse("pintle.example.yaml", src, environment); err != nil {
		t.Error(err)
	}
}

// TestTheExamplesInTheDocumentAreFine: each is a part of a file.
func TestTheExamplesInTheDocumentAreFine(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(doc), -1)
	if len(examples) == 0 {
		t.Fatal("the document has no examples")
	}
	for _, example := range examples {
		if _, err := Parse("example.yaml", []byte(least+example[1]), environment); err != nil {
			t.Error(err)
		}
	}
}

// TestTheExampleHoldsEveryKey takes the # away before each key: what is said to be a default is one.
func TestTheExampleHoldsEveryKey(t *testing.T) {
	src, err := os.ReadFile("../../../deploy/pintle.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^( *)# ( *(- )?[a-z_]+:( |$))`).ReplaceAllString(string(src), "$1$2")
	text = strings.Replace(text, "${file:kafka-password}", "x", 1)
	c := Defaults()
	r := newReader("pintle.example.yaml", text, environment)
	root, _ := r.parse()
	r.object(root, "", valueOf(c))
	if len(r.problems) > 0 {
		t.Fatal(r.problems)
	}
	if _, err := transform.New(c.Transform()); err != nil {
		t.Error(err)
	}
	given, defaults := map[string]string{}, map[string]string{}
	collect(valueOf(c), "", given)
	collect(valueOf(Defaults()), "", defaults)
	for key, value := range defaults {
		if _, ok := r.nodes[strings.Replace(key, ".N.", ".0.", 1)]; !ok {
			t.Errorf("%s is not in the example", key)
		}
		if value != "" && given[key] != value && key != "customerio.region" {
			t.Errorf("%s: the example says %s, the default is %s", key, given[key], value)
		}
	}
}

func TestEveryKeyIsDocumentedWithItsDefault(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_.N]+)` \\| ([^|]*) \\|").FindAllStringSubmatch(string(doc), -1) {
		documented[row[1]] = strings.Trim(row[2], "`")
	}
	keys := map[string]string{}
	collect(valueOf(Defaults()), "", keys)
	for key, value := range keys {
		text, ok := documented[key]
		switch {
		case !ok:
			t.Errorf("%s is not in docs/configuration.md", key)
		case value != "" && !sameDefault(key, text, value):
			t.Errorf("%s: the document says %q, the default is %q", key, text, value)
		}
	}
	for key := range documented {
		if _, ok := keys[key]; !ok {
			t.Errorf("docs/configuration.md describes %s, which does not exist", key)
		}
	}
}

// collect gathers the dotted keys of v with their defaults; zero values count as none. N stands for the
// number of a group in a list.
func collect(v reflect.Value, path string, into map[string]string) {
	for _, f := range fields(v) {
		key := join(path, f.name)
		switch {
		case f.isGroup():
			collect(f.value, key, into)
		case f.isGroups():
			into[key] = ""
			group, _ := f.group()
			collect(group, join(key, "N"), into)
		case f.value.IsZero():
			into[key] = ""
		default:
			into[key] = fmt.Sprint(f.value.Interface())
		}
	}
}

// sameDefault compares a default as written with the value, by reading the former.
func sameDefault(key, text, value string) bool {
	v := valueOf(Defaults())
	for name := range strings.SplitSeq(key, ".") {
		f, _ := fieldOf(v, name)
		v = f.value
	}
	fresh := reflect.New(v.Type()).Elem()
	return set(fresh, text) == nil && fmt.Sprint(fresh.Interface()) == value
}

func TestSuggestions(t *testing.T) {
	known := []string{"brokers", "topic", "group", "start"}
	for found, want := range map[string]string{"broker": "brokers", "tpoic": "topic", "grp": "group", "xyz": "", "a": ""} {
		if got := suggest(found, known); got != want {
			t.Errorf("suggest(%q) = %q, want %q", found, got, want)
		}
	}
}
