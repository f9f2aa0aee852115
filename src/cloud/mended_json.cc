#include "cloud/mended_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <optional>

#include "base/utf8.h"

namespace exporter {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kBeyond = "1e300";              // Beyond 64 bits.
constexpr std::size_t kUnicodeEscapeBytes = 6;             // "\u0041"

// The code unit that `text` begins with, as "\u0041"; none if it does not.
std::optional<unsigned> CodeUnit(std::string_view text) {
  if (text.size() < kUnicodeEscapeBytes || !text.starts_with("\\u")) {
    return std::nullopt;
  }
  unsigned unit = 0;
  const char* const end = text.data() + kUnicodeEscapeBytes;
  const auto [rest, error] = std::from_chars(text.data() + 2, end, unit, 16);
  if (error != std::errc() || rest != end) return std::nullopt;
  return unit;
}

// Whether `c` goes on with a word or a number.
bool IsPartOfWord(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z') || c == '+' || c == '-' || c == '.';
}

// The bytes of the number that no digits can say, and that `text` begins with;
// 0 if it begins with none.
std::size_t NumberInWords(std::string_view text) {
  for (const std::string_view word : {"NaN", "-NaN", "Infinity", "-Infinity"}) {
    if (!text.starts_with(word)) continue;
    const bool ends =
        text.size() == word.size() || !IsPartOfWord(text[word.size()]);
    return ends ? word.size() : 0;
  }
  return 0;
}

bool IsHighSurrogate(unsigned unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool IsLowSurrogate(unsigned unit) { return unit >= 0xDC00 && unit < 0xE000; }

class Mender {
 public:
  explicit Mender(std::string_view json) : rest_(json) {
    mended_.reserve(json.size() + kReplacement.size());
  }

  std::string Mend() && {
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == '"') {
        in_text_ = !in_text_;
        Keep(1);
      } else if (in_text_) {
        MendText();
      } else if (const std::size_t word = WordHere()) {
        Replace(word, kBeyond);
      } else if (c == '-' || (c >= '0' && c <= '9')) {
        MendNumber();
      } else {
        Keep(1);
      }
    }
    return std::move(mended_);
  }

 private:
  // Glued to a number it would become part of it.
  [[nodiscard]] std::size_t WordHere() const {
    const bool is_glued = !mended_.empty() && IsPartOfWord(mended_.back());
    return is_glued ? 0 : NumberInWords(rest_);
  }

  void Keep(std::size_t bytes) { Replace(bytes, rest_.substr(0, bytes)); }

  void Replace(std::size_t bytes, std::string_view by) {
    mended_ += by;
    rest_.remove_prefix(bytes);
  }

  void MendText() {
    if (rest_.front() == '\\') return MendEscape();
    if (static_cast<unsigned char>(rest_.front()) < ' ') return Replace(1, " ");
    const std::size_t length = CharacterLength(rest_, 0);
    if (length > 0) return Keep(length);
    Replace(1, kReplacement);
    if (EndsTextBehindBackslash()) rest_.remove_prefix(1);
  }

  // The second byte of a character in GBK or Big5 may be a backslash. Where it
  // would keep the text from ending, it is one.
  [[nodiscard]] bool EndsTextBehindBackslash() const {
    if (!rest_.starts_with("\\\"")) return false;
    const auto next = rest_.find_first_not_of(" \t\r\n", 2);
    return next != std::string_view::npos &&
           std::string_view(",:}]").find(rest_[next]) != std::string_view::npos;
  }

  void MendEscape() {
    if (const auto unit = CodeUnit(rest_)) {
      if (IsHighSurrogate(*unit)) {
        const auto second = CodeUnit(rest_.substr(kUnicodeEscapeBytes));
        if (second && IsLowSurrogate(*second)) {
          return Keep(2 * kUnicodeEscapeBytes);
        }
      }
      const bool is_half = IsHighSurrogate(*unit) || IsLowSurrogate(*unit);
      return is_half ? Replace(kUnicodeEscapeBytes, kReplacement)
                     : Keep(kUnicodeEscapeBytes);
    }
    const bool is_known =
        rest_.size() > 1 &&
        std::string_view("\"\\/bfnrt").find(rest_[1]) != std::string_view::npos;
    return is_known ? Keep(2) : Replace(1, kReplacement);
  }

  void MendNumber() {
    const std::size_t length =
        std::min(rest_.find_first_not_of("0123456789+-.eE"), rest_.size());
    double value = 0;
    const char* const end = rest_.data() + length;
    const auto [stop, error] = std::from_chars(rest_.data(), end, value);
    const bool is_beyond =
        stop == end && error == std::errc::result_out_of_range &&
        // Not one that is too close to zero.
        std::isinf(
            std::strtod(std::string(rest_.data(), end).c_str(), nullptr));
    is_beyond ? Replace(length, kBeyond) : Keep(length);
  }

  std::string_view rest_;
  std::string mended_;
  bool in_text_ = false;
};

}  // namespace

std::string MendedJson(std::string_view json) { return Mender(json).Mend(); }

bool MayBeMended(std::string_view text) {
  return text.find(kReplacement) != std::string_view::npos;
}

}  // namespace exporter
