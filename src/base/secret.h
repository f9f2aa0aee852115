// Holds a string that must not end up in a log, a label or an error message.

#pragma once

#include <string>
#include <utility>

namespace exporter {

// Has no operator<< and no conversion to string: the only way to the text is
// Reveal(), and `grep Reveal` lists every place that can leak it.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] const std::string& Reveal() const { return text_; }
  bool operator==(const Secret&) const = default;
  [[nodiscard]] bool Empty() const { return text_.empty(); }

 private:
  std::string text_;
};

}  // namespace exporter
