// Decides which instance of several looks after a dataset. Part of the public
// promise: every version and every machine must say the same, or replicas that
// are updated one by one would leave gaps and overlaps.

#pragma once

#include <cstdint>
#include <string_view>

#include "model/dataset.h"

namespace exporter {

// An instance's share of the datasets.
struct Shard {
  std::uint32_t index = 0;  // Below `count`.
  std::uint32_t count = 1;
};

// FNV-1a, 64 bits, over the bytes of `text`, then mixed with the finalizer of
// MurmurHash3 (fmix64), since FNV alone leaves the upper bits of short texts
// alike. Source: http://www.isthe.com/chongo/tech/comp/fnv/, MurmurHash3.cpp.
std::uint64_t StableHash(std::string_view text);

// The shard of `key` among `shards`: a number below it. Every shard gets about
// the same share, and with one shard more, only the share of the new one moves,
// all of it there.
// REQUIRES: shards > 0.
// Source: Lamping, Veach: A Fast, Minimal Memory, Consistent Hash Algorithm
// (jump hash), 2014, over StableHash("project_id/dataset_id").
std::uint32_t ShardOf(const DatasetKey& key, std::uint32_t shards);

}  // namespace exporter
