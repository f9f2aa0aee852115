#include "model/shard.h"

#include <string>

namespace exporter {

std::uint64_t StableHash(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001B3U;
  }
  hash ^= hash >> 33U;
  hash *= 0xFF51AFD7ED558CCDU;
  hash ^= hash >> 33U;
  hash *= 0xC4CEB9FE1A85EC53U;
  hash ^= hash >> 33U;
  return hash;
}

std::uint32_t ShardOf(const DatasetKey& key, std::uint32_t shards) {
  std::uint64_t state = StableHash(ToString(key));
  std::int64_t shard = 0;
  std::int64_t next = 0;
  while (next < static_cast<std::int64_t>(shards)) {
    shard = next;
    state = state * 2862933555777941757U + 1;
    // 2^31 over 33 random bits; both fit a double exactly, and IEEE division
    // and multiplication round alike everywhere.
    next =
        static_cast<std::int64_t>(static_cast<double>(shard + 1) *
                                  (static_cast<double>(std::int64_t{1} << 31U) /
                                   static_cast<double>((state >> 33U) + 1)));
  }
  return static_cast<std::uint32_t>(shard);
}

}  // namespace exporter
