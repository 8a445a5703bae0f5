package witness

import (
	"encoding/json"
	"regexp"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/pintle-io/pintle/integration/history"
)

// Items reads what a request brings: a batch, or a single operation. What has no number of the load is
// left out.
func Items(body []byte) (list []history.Item) {
	for _, raw := range split(body) {
		var it struct {
			ID   string `json:"id"`
			Data struct {
				ID string `json:"id"`
			} `json:"data"`
		}
		_ = json.Unmarshal(raw, &it)
		seq := numbers(raw)
		if len(seq) == 0 {
			continue
		}
		list = append(list, history.Item{Seq: seq[0], ID: it.ID, Digest: xxhash.Sum64(raw)})
	}
	return list
}

func split(body []byte) []json.RawMessage {
	var batch struct {
		Batch []json.RawMessage `json:"batch"`
	}
	if json.Unmarshal(body, &batch) == nil && batch.Batch != nil {
		return batch.Batch
	}
	return []json.RawMessage{body}
}

// numbers are those that the load gave the events in a text.
func numbers(text []byte) (list []int) {
	for _, found := range regexp.MustCompile(`"_seq":"?([0-9]+)`).FindAllSubmatch(text, -1) {
		n, _ := strconv.Atoi(string(found[1]))
		list = append(list, n)
	}
	return list
}
