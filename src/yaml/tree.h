// Reads a YAML file into a tree, safe to read whoever wrote it: strict where
// YAML is lax, bounded where it is not. Knows nothing of what the keys mean.

#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.h"

namespace exporter {

inline constexpr std::size_t kMaxYamlBytes = 4U << 20U;

struct YamlContent;

// A place in the file, and what stands there. A small value, valid as long as
// its tree; where the place is an alias, the content is that of its anchor.
struct YamlNode {
  const YamlContent* content = nullptr;
  int line = 1;
  int column = 1;
};

struct YamlEntry {
  std::string_view key;
  YamlNode key_node;
  YamlNode value;
};

struct YamlContent {
  enum class Kind { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  bool quoted = false;             // Of a scalar: 'x', "x" or a block of text.
  std::string text;                // Of a scalar.
  std::vector<YamlNode> items;     // Of a sequence.
  std::vector<YamlEntry> entries;  // Of a map, without duplicates.
  std::size_t weight = 0;  // What a walk through it costs, aliases included.
};

struct YamlTree {
  std::deque<YamlContent> contents;
  YamlNode root;
};

// Faults beyond this many are dropped: nobody reads them, and a hostile file
// could have millions.
inline constexpr std::size_t kMaxFaults = 1000;

// Adds `fault`, unless there are more than kMaxFaults already. So one more than
// kMaxFaults says that some were dropped.
void AddFault(std::vector<Fault>& faults, Fault fault);

// `text` as a message may quote it: one line of UTF-8, at most 64 bytes of it.
std::string Printable(std::string_view text, std::size_t max_bytes = 64);

// The same for the path of a file: whole, since its end is what tells it apart.
std::string PrintablePath(std::string_view path);

// A key as a message may quote it: its letters, '_' and '-', up to the first
// other character and at most 32. Where the space after a colon is forgotten,
// as in {token:secret}, the key holds the secret.
std::string PrintableKey(std::string_view key);

// The tree of `text`; an empty text is a null. None if it cannot be read at
// all; its one fault is then added to `faults`. What can be read but is not
// allowed (a key twice, a merge key, a tag) is added to `faults` too and left
// out of the tree. Takes at most about half a second and 200 MB.
// Errors: over kMaxYamlBytes, no UTF-8, control characters, more than one
// document, more nodes, brackets, nesting or aliased content than any honest
// file has.
std::optional<YamlTree> ParseYaml(std::string_view text, std::string_view file,
                                  std::vector<Fault>& faults);

}  // namespace exporter
