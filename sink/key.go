package sink

import "github.com/cespare/xxhash/v2"

// Lanes is the number of virtual lanes of a process. It may change between versions: what is
// delivered is a prefix of each key, whatever lane the key is in.
const Lanes = 4096

// KeyHash hashes an ordering key. It is xxHash, which mixes well: with FNV-1a, keys that repeat a
// part of themselves leave half of the lanes idle.
func KeyHash(key []byte) uint64 { return xxhash.Sum64(key) }

// KeyHashString is [KeyHash] for text.
func KeyHashString(key string) uint64 { return xxhash.Sum64String(key) }

func laneOf(op *Op) int { return int(op.Key % Lanes) }
