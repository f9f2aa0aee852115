#include "yaml/section.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "base/duration.h"
#include "base/utf8.h"

namespace exporter {
namespace {

using Kind = YamlContent::Kind;

std::string Join(const std::vector<std::string_view>& words) {
  std::string joined;
  for (const std::string_view word : words) {
    if (!joined.empty()) joined += ", ";
    joined += word;
  }
  return joined;
}

std::string InSection(std::string_view name) {
  return name.empty() ? "" : " in '" + std::string(name) + "'";
}

}  // namespace

std::string_view KindName(const YamlNode& node) {
  switch (node.content->kind) {
    case Kind::kNull:
      return "null";
    case Kind::kScalar:
      return "text";
    case Kind::kSequence:
      return "a list";
    case Kind::kMap:
      return "a mapping";
  }
  throw std::logic_error("YamlContent::Kind out of range");
}

std::optional<std::string_view> WhyNotText(std::string_view text) {
  if (text.empty()) return "must not be empty";
  if (!IsUtf8(text)) return "must be UTF-8 text";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      return "must not contain line breaks or other control characters";
    }
  }
  return std::nullopt;
}

Section::Section(const YamlNode& node, std::string_view name,
                 std::vector<std::string_view> keys, const FaultSink& sink)
    : node_(node), keys_(std::move(keys)), sink_(&sink) {
  static const YamlContent kNothing = [] {
    YamlContent content;
    content.kind = Kind::kMap;
    return content;
  }();
  if (node.content->kind != Kind::kMap) {
    sink.Add(node, (name.empty() ? "" : std::string(name) + ": ") +
                       "must be a mapping (key: value), not " +
                       std::string(KindName(node)));
    node_.content = &kNothing;
  }
  for (const YamlEntry& entry : node_.content->entries) {
    if (std::find(keys_.begin(), keys_.end(), entry.key) == keys_.end()) {
      sink.Add(
          entry.key_node,
          "unknown key '" + PrintableKey(entry.key) + "'" + InSection(name) +
              (keys_.empty() ? "; it has none" : "; known are " + Join(keys_)));
    }
  }
}

const YamlNode* Section::Find(std::string_view key) const {
  if (std::find(keys_.begin(), keys_.end(), key) == keys_.end()) {
    throw std::logic_error("key not announced: " + std::string(key));
  }
  for (const YamlEntry& entry : node_.content->entries) {
    if (entry.key == key) {
      return entry.value.content->kind == Kind::kNull ? nullptr : &entry.value;
    }
  }
  return nullptr;
}

void Section::Add(std::string_view key, const std::string& what) const {
  const YamlNode* value = Find(key);
  sink_->Add(value != nullptr ? *value : node_, std::string(key) + ": " + what);
}

const YamlNode* Section::FindScalar(std::string_view key,
                                    std::string_view expected) const {
  const YamlNode* value = Find(key);
  if (value == nullptr || value->content->kind == Kind::kScalar) return value;
  Add(key, "must be " + std::string(expected) + ", not " +
               std::string(KindName(*value)));
  return nullptr;
}

bool Section::ReadText(std::string_view key, std::string& text) const {
  const YamlNode* value = FindScalar(key, "text");
  if (value == nullptr) return false;
  if (const auto why = WhyNotText(value->content->text)) {
    Add(key, std::string(*why));
    return false;
  }
  text = value->content->text;
  return true;
}

void Section::ReadShownText(std::string_view key, std::string& text) const {
  const YamlNode* value = FindScalar(key, "text");
  if (value != nullptr) text = value->content->text;
}

void Section::ReadBool(std::string_view key, bool& value) const {
  const YamlNode* node = FindScalar(key, "true or false");
  if (node == nullptr) return;
  const std::string& text = node->content->text;
  if (node->content->quoted || (text != "true" && text != "false")) {
    return Add(key, "must be true or false, without quotes");
  }
  value = text == "true";
}

void Section::ReadCount(std::string_view key, std::uint64_t& count,
                        std::uint64_t least, std::uint64_t most) const {
  const YamlNode* node = FindScalar(key, "a whole number");
  if (node == nullptr) return;
  const std::string& text = node->content->text;
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  const bool is_octal = text.size() > 1 && text.front() == '0';
  if (node->content->quoted || is_octal || rest != end ||
      error != std::errc() || value < least || value > most) {
    return Add(key, "must be a whole number from " + std::to_string(least) +
                        " to " + std::to_string(most) +
                        (is_octal                ? ", without leading zeros"
                         : node->content->quoted ? ", without quotes"
                                                 : ""));
  }
  count = value;
}

bool ReadDuration(const YamlNode& node, std::string_view key,
                  std::chrono::milliseconds& duration,
                  const DurationRange& range, const FaultSink& sink) {
  const std::string name = std::string(key) + ": ";
  if (node.content->kind != Kind::kScalar) {
    sink.Add(node, name +
                       "must be a duration such as 500ms, 5s or 1m30s, not " +
                       std::string(KindName(node)));
    return false;
  }
  const auto value = ParseDuration(node.content->text);
  if (!value) {
    sink.Add(node, name +
                       "must be a duration such as 500ms, 5s or 1m30s, not '" +
                       Printable(node.content->text) + "'");
    return false;
  }
  if (*value < range.least || *value > range.most) {
    sink.Add(node, name + "must be from " + FormatDuration(range.least) +
                       " to " + FormatDuration(range.most));
    return false;
  }
  duration = *value;
  return true;
}

void Section::ReadDuration(std::string_view key,
                           std::chrono::milliseconds& duration,
                           const DurationRange& range) const {
  const YamlNode* node = Find(key);
  if (node == nullptr) return;
  exporter::ReadDuration(*node, key, duration, range, *sink_);
}

std::optional<std::size_t> Section::ReadChoice(
    std::string_view key,
    std::initializer_list<std::string_view> choices) const {
  const std::string expected = "one of " + Join(choices);
  const YamlNode* node = FindScalar(key, expected);
  if (node == nullptr) return std::nullopt;
  const auto* found =
      std::find(choices.begin(), choices.end(), node->content->text);
  if (found == choices.end()) {
    Add(key, "must be " + expected + ", not '" +
                 Printable(node->content->text) + "'");
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - choices.begin());
}

const std::vector<YamlNode>* Section::ReadList(std::string_view key) const {
  const YamlNode* node = Find(key);
  if (node == nullptr) return nullptr;
  if (node->content->kind != Kind::kSequence) {
    Add(key, "must be a list (- item), not " + std::string(KindName(*node)));
    return nullptr;
  }
  return &node->content->items;
}

}  // namespace exporter
