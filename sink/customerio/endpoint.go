package customerio

import (
	"net/http"
	"strconv"

	"github.com/pintle-io/pintle/sink"
)

// batchPath is where batches go, from the base address on.
const batchPath = "/api/v2/batch"

// Endpoint says where [Client.Send] takes an item: the method, and the path from the base address on,
// percent-encoded. For an item that no endpoint takes it returns the answer that Send gives instead.
// What Customer.io itself refuses, and what then goes by another endpoint, it cannot know.
func Endpoint(item []byte) (method, path string, refused *sink.Answer) {
	if !goesAlone(item) {
		return http.MethodPost, batchPath, nil
	}
	single, refused := aloneCall(item)
	return single.method, single.path, refused
}

// goesAlone reports whether an item is more than a batch takes of one.
func goesAlone(item []byte) bool { return len(item) > ItemBytes }

// aloneCall is the call of an item that goes alone, or the answer when it can go by no endpoint.
func aloneCall(item []byte) (call, *sink.Answer) {
	single, err := singleCall(item)
	if err != nil {
		return call{}, unsendable(err)
	}
	return single, nil
}

// unsendable is the answer for an op that no endpoint takes. Nothing was sent.
func unsendable(err error) *sink.Answer {
	return &sink.Answer{Verdict: sink.Reject, Cause: sink.CauseUnsent, Refusal: sink.Refusal{
		Code:    "too_large",
		Message: "the operation exceeds the " + strconv.Itoa(ItemBytes) + " bytes that a batch takes of one, and cannot go alone: " + err.Error(),
	}}
}
