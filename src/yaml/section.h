#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.h"
#include "yaml/tree.h"

namespace exporter {

// Takes the faults of one file.
struct FaultSink {
  std::string file;
  std::vector<Fault>* faults;

  void Add(const YamlNode& at, std::string what) const {
    AddFault(*faults, {file, at.line, at.column, std::move(what)});
  }
};

struct DurationRange {
  std::chrono::milliseconds least;
  std::chrono::milliseconds most;
};

// One mapping of a YAML file, read key by key:
//
//   Section scrape(node, "scrape", {"timeout", "concurrency"}, sink);
//   scrape.ReadDuration("timeout", timeout, {1ms, 10min});
//   scrape.ReadCount("concurrency", concurrency, 1, 10'000);
//
// Every Read leaves its target alone where the key is absent or null, and where
// its value is at fault, which is then reported; so all faults of a file come
// out of one pass, and a target holds its default before. The messages of text
// show no value: it may be a secret in the wrong place.
//
// Node and sink must outlive it. Not safe for concurrent use.
class Section {
 public:
  // Reports keys that are not among `keys`; a node that is no mapping is
  // reported and then read as an empty one.
  Section(const YamlNode& node, std::string_view name,
          std::vector<std::string_view> keys, const FaultSink& sink);

  // The value of `key`; none where it is absent or null.
  // REQUIRES: `key` is one of the constructor's keys, as in all that follow.
  [[nodiscard]] const YamlNode* Find(std::string_view key) const;

  // Text that is not empty, UTF-8 and free of control characters. Numbers and
  // words like `true` are taken as they are written.
  bool ReadText(std::string_view key, std::string& text) const;

  // Any text, also an empty one or one with line breaks: for what is only
  // shown, escaped, to people.
  void ReadShownText(std::string_view key, std::string& text) const;

  // "true" or "false".
  void ReadBool(std::string_view key, bool& value) const;

  // A whole decimal number. `010` is at fault: YAML 1.1 means 8 by it.
  void ReadCount(std::string_view key, std::uint64_t& count,
                 std::uint64_t least, std::uint64_t most) const;

  // A Prometheus duration within `range`.
  void ReadDuration(std::string_view key, std::chrono::milliseconds& duration,
                    const DurationRange& range) const;

  // The index of a word in `choices`.
  std::optional<std::size_t> ReadChoice(
      std::string_view key,
      std::initializer_list<std::string_view> choices) const;

  // The items of a list; none where it is absent, null or no list.
  [[nodiscard]] const std::vector<YamlNode>* ReadList(
      std::string_view key) const;

  // Reports a fault at the value of `key`, or where this section begins if it
  // has no such key. The message is "key: what".
  void Add(std::string_view key, const std::string& what) const;

  [[nodiscard]] const YamlNode& node() const { return node_; }
  [[nodiscard]] const FaultSink& sink() const { return *sink_; }

 private:
  const YamlNode* FindScalar(std::string_view key,
                             std::string_view expected) const;

  YamlNode node_;
  std::vector<std::string_view> keys_;
  const FaultSink* sink_;
};

// "a list", "a mapping", "text" or "null", for messages.
std::string_view KindName(const YamlNode& node);

// Why `text` cannot be an id, a name or a secret: "must not be empty" and the
// like. None if it can.
std::optional<std::string_view> WhyNotText(std::string_view text);

// As Section::ReadDuration, for a value that may also be something else.
bool ReadDuration(const YamlNode& node, std::string_view key,
                  std::chrono::milliseconds& duration,
                  const DurationRange& range, const FaultSink& sink);

}  // namespace exporter
