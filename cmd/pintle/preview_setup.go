package main

import (
	"fmt"
	"time"

	"github.com/pintle-io/pintle/cmd/internal/config"
	"github.com/pintle-io/pintle/cmd/internal/preview"
	"github.com/pintle-io/pintle/processor/transform"
)

// previewSetup is what the flags of preview amount to.
type previewSetup struct {
	cfg          *config.Config // nil without --config
	rules, other *preview.Rules // other: those of --diff, else nil
	at           time.Time
	limit        int // of a record, the larger one of both rules
	records      int // of a topic
}

// setup reads what the flags name. It opens no input.
func (f *previewFlags) setup() (*previewSetup, error) {
	switch {
	case f.output != "text" && f.output != "json":
		return nil, usage("--output " + f.output + ": write text or json")
	case f.profile != "" && !isProfile(f.profile):
		return nil, usage("--profile " + f.profile + ": write guide or current")
	case f.summary && f.diff != "":
		return nil, usage("--summary and --diff: take one of them; --diff tells its counts on standard error")
	case f.records < 1:
		return nil, usage(fmt.Sprintf("--records %d: write a number from 1", f.records))
	}
	at, err := f.recordTime()
	if err != nil {
		return nil, err
	}
	s := &previewSetup{at: at, records: f.records}
	base := config.Defaults()
	if f.config != "" {
		if base, err = config.Load(f.config); err != nil {
			return nil, err //nolint:wrapcheck // says all there is to say
		}
		s.cfg = base
	}
	if s.rules, err = s.newRules(base, f.profile); err != nil {
		return nil, err
	}
	switch {
	case f.diff == "":
		return s, nil
	case isProfile(f.diff):
		s.other, err = s.newRules(base, f.diff)
	default:
		s.other, err = s.rulesOf(f.diff)
	}
	return s, err
}

// rulesOf are the rules of another configuration file.
func (s *previewSetup) rulesOf(path string) (*preview.Rules, error) {
	cfg, err := config.Load(path)
	if err != nil {
		return nil, err //nolint:wrapcheck // says all there is to say
	}
	return s.newRules(cfg, "")
}

// newRules are the rules of a configuration, with another profile unless that is empty.
func (s *previewSetup) newRules(cfg *config.Config, profile string) (*preview.Rules, error) {
	options := cfg.Transform()
	if profile != "" {
		options.Profile = transform.Profile(profile)
	}
	s.limit = max(s.limit, cfg.Schema().Bytes)
	rules, err := preview.NewRules(options, cfg.Schema())
	if err != nil {
		return nil, &usageError{fmt.Errorf("configuration: %w", err)}
	}
	return rules, nil
}

func isProfile(name string) bool {
	return name == string(transform.Guide) || name == string(transform.Current)
}
