// yaml-cpp is used for its events, not for its nodes: only events tell where an
// alias stands, that a key comes twice and that another document follows, and
// only they can be stopped half-way. Its scanner needs about a microsecond a
// token and reads a bracketed list to its end before the first event, so what
// would take it longer than half a second is refused before it starts.

#include "yaml/tree.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include "base/utf8.h"

namespace exporter {
namespace {

constexpr std::size_t kMaxIndicators = 500'000;
constexpr std::size_t kMaxNodes = 500'000;
constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxWeight = 16U << 20U;
constexpr std::size_t kWeightOfANode = 16;

// Thrown through yaml-cpp to end a parse; never leaves this file.
struct Stop {
  int line;
  int column;
  std::string what;
};

bool IsIndicator(char c) {
  return c == '[' || c == ']' || c == '{' || c == '}' || c == ',' || c == ':';
}

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\n' && c != '\t' && c != '\r') || byte == 0x7F;
}

// What is wrong with the bytes alone.
void CheckBytes(std::string_view text) {
  if (text.size() > kMaxYamlBytes) throw Stop{1, 1, "is larger than 4 MiB"};
  std::size_t indicators = 0;
  int number = 1;
  for (; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!IsUtf8(line)) throw Stop{number, 1, "is no UTF-8 text"};
    for (std::size_t at = 0; at < line.size(); ++at) {
      const int column = static_cast<int>(at) + 1;
      if (IsControl(line[at])) {
        throw Stop{number, column,
                   "control character; write it as an escape in double quotes"};
      }
      if (IsIndicator(line[at]) && ++indicators > kMaxIndicators) {
        throw Stop{number, column,
                   "more than 500000 brackets, commas and colons; split the "
                   "file with dataset_files"};
      }
    }
  }
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(YamlTree& tree, std::string_view file, std::vector<Fault>& faults)
      : tree_(tree), file_(file), faults_(faults) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      throw Stop{mark.line + 1, mark.column + 1,
                 "a second YAML document begins here, or the indentation is "
                 "off; one file is one document"};
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Attach(Leaf(mark, anchor, YamlContent::Kind::kNull));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor, const std::string& value) override {
    CheckTag(mark, tag);
    const YamlNode node = Leaf(mark, anchor, YamlContent::Kind::kScalar);
    YamlContent& content = tree_.contents.back();
    content.text = value;
    content.quoted = tag == "!";
    content.weight += value.size();
    Attach(node);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto target = anchors_.find(anchor);
    if (target == anchors_.end()) {
      throw Stop{mark.line + 1, mark.column + 1,
                 "an alias within its own anchor"};
    }
    CountNode(mark);
    Attach({target->second, mark.line + 1, mark.column + 1});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(mark, tag, anchor, YamlContent::Kind::kSequence);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(mark, tag, anchor, YamlContent::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  // A sequence or a map that is not complete yet.
  struct Frame {
    YamlNode node;
    YamlContent* content;
    YAML::anchor_t anchor;
    std::optional<YamlNode> key;                     // Waits for its value.
    std::unordered_map<std::string_view, int> seen;  // Key → its line.
  };

  void Add(const YamlNode& node, std::string what) {
    AddFault(faults_,
             {std::string(file_), node.line, node.column, std::move(what)});
  }

  void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag == "?" || tag == "!" || tag.empty()) return;
    Add({nullptr, mark.line + 1, mark.column + 1},
        "YAML tags (!x) are not allowed; a text that begins with '!' needs "
        "quotes");
  }

  void CountNode(const YAML::Mark& mark) {
    if (++nodes_ > kMaxNodes) {
      throw Stop{mark.line + 1, mark.column + 1,
                 "more than 500000 values; split the file with dataset_files"};
    }
  }

  YamlNode Make(const YAML::Mark& mark, YamlContent::Kind kind) {
    CountNode(mark);
    YamlContent& content = tree_.contents.emplace_back();
    content.kind = kind;
    content.weight = kWeightOfANode;
    return {&content, mark.line + 1, mark.column + 1};
  }

  YamlNode Leaf(const YAML::Mark& mark, YAML::anchor_t anchor,
                YamlContent::Kind kind) {
    const YamlNode node = Make(mark, kind);
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node.content;
    return node;
  }

  void Open(const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor, YamlContent::Kind kind) {
    CheckTag(mark, tag);
    if (open_.size() >= kMaxDepth) {
      throw Stop{mark.line + 1, mark.column + 1,
                 "nested more than 64 levels deep"};
    }
    const YamlNode node = Make(mark, kind);
    open_.push_back({node, &tree_.contents.back(), anchor, {}, {}});
  }

  void Close() {
    const Frame frame = std::move(open_.back());
    open_.pop_back();
    if (frame.anchor != YAML::NullAnchor) {
      anchors_[frame.anchor] = frame.content;
    }
    Attach(frame.node);
  }

  void Attach(const YamlNode& node) {
    if (open_.empty()) {
      tree_.root = node;
      return;
    }
    Frame& parent = open_.back();
    parent.content->weight += node.content->weight;
    if (parent.content->weight > kMaxWeight) {
      throw Stop{node.line, node.column,
                 "the aliases here repeat more than 16 MiB"};
    }
    if (parent.content->kind == YamlContent::Kind::kSequence) {
      parent.content->items.push_back(node);
    } else if (!parent.key) {
      parent.key = node;
    } else {
      AddEntry(parent, *parent.key, node);
      parent.key.reset();
    }
  }

  void AddEntry(Frame& map, const YamlNode& key, const YamlNode& value) {
    if (key.content->kind != YamlContent::Kind::kScalar) {
      return Add(key, "a key must be text");
    }
    const std::string& name = key.content->text;
    if (name == "<<" && !key.content->quoted) {
      return Add(key, "merge keys (<<) are not allowed; write the keys out");
    }
    const auto [first, is_new] = map.seen.emplace(name, key.line);
    if (!is_new) {
      return Add(key, "duplicate key '" + PrintableKey(name) +
                          "', first in line " + std::to_string(first->second));
    }
    map.content->entries.push_back({name, key, value});
  }

  YamlTree& tree_;
  const std::string_view file_;
  std::vector<Fault>& faults_;
  std::size_t documents_ = 0;
  std::size_t nodes_ = 0;
  std::vector<Frame> open_;
  std::unordered_map<YAML::anchor_t, const YamlContent*> anchors_;
};

// What yaml-cpp complains about, without the words of the file that it quotes:
// a password that begins with '*' or '!' would stand in its message.
std::string Complaint(const YAML::ParserException& exception) {
  const std::string& message = exception.msg;
  const std::string_view unknown_anchor = YAML::ErrorMsg::UNKNOWN_ANCHOR;
  if (message.starts_with(unknown_anchor)) {
    return "no anchor of this name; a text that begins with '*' needs quotes";
  }
  return "no valid YAML: " + message.substr(0, message.find(": ")) +
         "; look at the indentation (no tabs), quotes and brackets";
}

int LastLine(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  return static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
}

}  // namespace

std::string Printable(std::string_view text, std::size_t max_bytes) {
  std::string shown;
  for (const char c : ToUtf8(text.substr(0, max_bytes))) {
    const auto byte = static_cast<unsigned char>(c);
    shown += byte < 0x20 || byte == 0x7F ? '?' : c;
  }
  return text.size() > max_bytes ? shown + "..." : shown;
}

std::string PrintablePath(std::string_view path) {
  constexpr std::size_t kLongestPath = 4096;
  return Printable(path, kLongestPath);
}

std::string PrintableKey(std::string_view key) {
  constexpr std::size_t kMaxBytes = 32;
  const std::size_t shown = std::min(
      kMaxBytes, key.find_first_not_of("abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-"));
  if (shown >= key.size()) return std::string(key);
  return std::string(key.substr(0, shown)) + "...";
}

void AddFault(std::vector<Fault>& faults, Fault fault) {
  if (faults.size() <= kMaxFaults) faults.push_back(std::move(fault));
}

std::optional<YamlTree> ParseYaml(std::string_view text, std::string_view file,
                                  std::vector<Fault>& faults) {
  const auto refuse = [&](int line, int column, std::string what) {
    faults.push_back({std::string(file), line, column, std::move(what)});
    return std::nullopt;
  };
  YamlTree tree;
  tree.root.content = &tree.contents.emplace_back();
  try {
    CheckBytes(text);
    // With the end marked, quotes that are left open are seen: at the bare end
    // of a file, yaml-cpp takes them for closed.
    std::istringstream stream(std::string(text) + "\n...\n");
    YAML::Parser parser(stream);
    TreeBuilder builder(tree, file, faults);
    while (parser.HandleNextDocument(builder)) {
    }
    const bool is_empty = tree.root.content->kind == YamlContent::Kind::kNull;
    if (is_empty) tree.root.line = tree.root.column = 1;
  } catch (const Stop& stop) {
    return refuse(stop.line, stop.column, stop.what);
  } catch (const YAML::DeepRecursion& deep) {
    return refuse(deep.mark.line + 1, deep.mark.column + 1,
                  "nested more than 64 levels deep");
  } catch (const YAML::ParserException& exception) {
    const int last_line = LastLine(text);
    if (exception.mark.line + 1 > last_line) {
      return refuse(last_line, 1,
                    "no valid YAML: ends within a quoted text or a bracket");
    }
    return refuse(exception.mark.line + 1, exception.mark.column + 1,
                  Complaint(exception));
  } catch (const YAML::Exception&) {
    return refuse(1, 1, "no valid YAML");
  }
  return tree;
}

}  // namespace exporter
