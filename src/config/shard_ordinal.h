#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace exporter {

// The number after the last dash of a StatefulSet's pod name: 2 of
// "exporter-2". None if the name does not end in one.
std::optional<std::uint32_t> OrdinalOf(std::string_view pod_name);

// What `--shard=auto` stands for: the ordinal of POD_NAME, else of HOSTNAME,
// else of the host's name. None if none of them has one.
std::optional<std::uint32_t> OrdinalOfThisPod();

}  // namespace exporter
