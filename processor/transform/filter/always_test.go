package filter_test

import (
	"testing"

	"github.com/pintle-io/pintle/processor/transform/filter"
	"github.com/pintle-io/pintle/sink"
)

func TestLoop(t *testing.T) {
	const loop = sink.ReasonLoop
	check(t, filter.Options{}, []judgement{
		{`{"type":"track","context":{"integration":{"name":"Customer.io"}}}`, loop},
		{`{"type":"track","context":{"library":{"name":"CUSTOMERIO"}}}`, loop},
		{`{"type":"track","context":{"integration":{"name":"Segment"},"library":{"name":"analytics"}}}`, ""},
		{`{"type":"track","context":{"integration":{"name":["Customer.io"]}}}`, ""},
		{`{"type":"track","context":{"integration":"Customer.io"}}`, ""},
		{`{"type":"track"}`, ""},
	})
}

func TestIntegrations(t *testing.T) {
	const off = sink.ReasonIntegrationOff
	var cases []judgement
	for integrations, want := range map[string]sink.Reason{
		`{}`:                                      "",
		`{"All":true}`:                            "",
		`{"All":false}`:                           off,
		`{"all":false}`:                           off,
		`{"ALL":false}`:                           off,
		`{"Alle":false}`:                          "",
		`{"All":null}`:                            "",
		`{"All":"False"}`:                         off,
		`{"All":0}`:                               off,
		`{"All":"no way"}`:                        "",
		`{"Customer IO":"off"}`:                   off,
		`false`:                                   "",
		`[false]`:                                 "",
		`{"Customer IO":false}`:                   off,
		`{"CUSTOMERIO":false}`:                    off,
		`{"Customer.io":false}`:                   off,
		`{"customer.io":false}`:                   off,
		`{"customer_io":false}`:                   off,
		`{"customer-io":false}`:                   off,
		`{"Customerio":false}`:                    off,
		`{"Customer\u0020IO":false,"All":true}`:   off,
		`{"Customer.ioo":false}`:                  "",
		`{"Customer.i":false}`:                    "",
		`{"All":false,"Customer IO":true}`:        "",
		`{"Customer IO":{"a":1},"All":false}`:     "",
		`{"All":false,"Customer IO":null}`:        off,
		`{"All":false,"Amplitude":true}`:          off,
		`{"CUSTOMERIO":false,"Customer.io":true}`: off,
		`{"CUSTOMERIO":true,"Customer.io":false}`: off,
	} {
		cases = append(cases, judgement{`{"type":"identify","integrations":` + integrations + `}`, want})
	}
	check(t, filter.Options{}, cases)
}
