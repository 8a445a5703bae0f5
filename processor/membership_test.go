package processor

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestAnInstanceIDThatAnotherHasEndsTheRun(t *testing.T) {
	unreleased := fmt.Errorf("join: %w", kerr.UnreleasedInstanceID)
	type fault struct {
		at  time.Duration
		err error
	}
	every := func(step, from, to time.Duration) (list []fault) {
		for at := from; at <= to; at += step {
			list = append(list, fault{at, unreleased})
		}
		return list
	}
	tests := []struct {
		name   string
		faults []fault
		ends   bool
	}{
		{"somebody joined with it after us", []fault{{0, kerr.FencedInstanceID}}, true},
		{"somebody has it, who may be dead", every(time.Second, 0, time.Minute), false},
		{"somebody has it for longer than any session", every(time.Second, 0, 80*time.Second), true},
		{"it was held twice, long ago and now", append(every(time.Second, 0, time.Minute), every(time.Second, time.Hour, time.Hour+time.Minute)...), false},
		{"another fault of the group", []fault{{0, kerr.UnknownMemberID}, {time.Hour, errors.New("EOF")}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start, ended := time.Now(), false
			i := &instance{end: func() { ended = true }}
			for _, f := range tt.faults {
				i.failed(start.Add(f.at), f.err)
			}
			if ended != tt.ends {
				t.Errorf("ended: %v", ended)
			}
		})
	}
	err := &InstanceTakenError{Group: "g", InstanceID: "pintle-0"}
	for _, want := range []string{`"g"`, `"pintle-0"`, "kafka.instance_id", "restart"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %s", err, want)
		}
	}
}

func TestTheSessionIsReadFromTheAnswer(t *testing.T) {
	text := func(s string) *string { return &s }
	tests := []struct {
		name  string
		code  int16
		key   string
		value *string
		want  time.Duration
		fault string
	}{
		{name: "given", key: "s", value: text("45000"), want: 45 * time.Second},
		{name: "not allowed", code: kerr.GroupAuthorizationFailed.Code, key: "s", fault: "GROUP_AUTHORIZATION_FAILED"},
		{name: "nothing", key: "s", fault: "not in the answer"},
		{name: "something else", key: "t", value: text("1"), fault: "not in the answer"},
		{name: "no number", key: "s", value: text("long"), fault: "number of milliseconds"},
		{name: "none", key: "s", value: text("0"), fault: "number of milliseconds"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer := &kmsg.DescribeConfigsResponse{Resources: []kmsg.DescribeConfigsResponseResource{{
				ErrorCode: tt.code, Configs: []kmsg.DescribeConfigsResponseResourceConfig{{Name: tt.key, Value: tt.value}},
			}}}
			got, err := sessionIn(answer, "s")
			if got != tt.want || (err == nil) != (tt.fault == "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}
