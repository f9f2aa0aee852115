#include "expose/text_writer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "base/utf8.h"

namespace exporter {
namespace {

// Long enough for every int64 and every shortest double.
using Digits = std::array<char, 32>;

constexpr bool IsPlain(char byte) {
  return byte != '\\' && byte != '\n' && byte != '"' &&
         static_cast<unsigned char>(byte) < 0x80;
}

// Eight times `byte`, or whether one of the eight bytes of `word` is `byte`:
// then the highest bit of one byte is set.
constexpr std::uint64_t Eight(unsigned char byte) {
  return 0x0101010101010101U * byte;
}
constexpr std::uint64_t Has(std::uint64_t word, unsigned char byte) {
  const std::uint64_t zero = word ^ Eight(byte);
  return (zero - Eight(1)) & ~zero;
}

// Whether `text` is ASCII without anything that is escaped, as most labels are.
// Looks at eight bytes at once, since this is half the cost of a label.
bool IsPlain(std::string_view text) {
  std::uint64_t found = 0;
  for (; text.size() >= sizeof found; text.remove_prefix(sizeof found)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof word);
    found |= word | Has(word, '\\') | Has(word, '\n') | Has(word, '"');
  }
  for (const char byte : text) {
    if (!IsPlain(byte)) return false;
  }
  return (found & Eight(0x80)) == 0;
}

// Appends `text` with a backslash before each of `special`, where a line feed
// becomes "\n".
void AppendEscaped(std::string_view text, const char* special,
                   std::string& out) {
  if (IsPlain(text)) {
    out.append(text);
    return;
  }
  std::string clean;
  if (!IsUtf8(text)) {
    clean = ToUtf8(text);
    text = clean;
  }
  for (;;) {
    const std::size_t plain = text.find_first_of(special);
    out.append(text.substr(0, plain));
    if (plain == std::string_view::npos) return;
    out += '\\';
    out += text[plain] == '\n' ? 'n' : text[plain];
    text.remove_prefix(plain + 1);
  }
}

void AppendUnlessFinite(double value, std::string& out) {
  out += std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

// The name that `dialect` declares `family` by.
std::string_view DeclaredName(const Family& family, const Dialect& dialect) {
  std::string_view name = family.name;
  if (!dialect.declares_stem) return name;
  const std::string_view suffix = family.type == FamilyType::kCounter ? "_total"
                                  : family.type == FamilyType::kInfo  ? "_info"
                                                                      : "";
  if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
  return name;
}

}  // namespace

void TextWriter::Head(const Family& family) {
  const std::string_view name = DeclaredName(family, dialect_);
  const auto begin = [&](std::string_view keyword) {
    Raw(keyword);
    Raw(name);
    Raw(' ');
  };
  for (const Metadata line : dialect_.metadata) {
    if (line == Metadata::kType) {
      begin("# TYPE ");
      Raw(dialect_.types[static_cast<std::size_t>(family.type)]);
      Raw('\n');
    } else if (line == Metadata::kUnit && !family.unit.empty()) {
      begin("# UNIT ");
      Raw(family.unit);
      Raw('\n');
    } else if (line == Metadata::kHelp && !family.help.empty()) {
      begin("# HELP ");
      AppendEscaped(family.help, dialect_.escaped_in_help, out_);
      Raw('\n');
    }
  }
}

void TextWriter::Label(std::string_view name, std::string_view value) {
  Raw(name);
  Raw('=');
  Raw('"');
  AppendEscaped(value, "\\\n\"", out_);
  Raw('"');
}

void TextWriter::Integer(std::int64_t value) {
  Digits digits;
  const auto [end, error] =
      std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out_.append(digits.data(), end);
}

void TextWriter::Number(double value) {
  if (!std::isfinite(value)) return AppendUnlessFinite(value, out_);
  constexpr double kExact = 1LL << 53;
  const bool whole = std::fabs(value) < kExact && std::trunc(value) == value;
  // The zero below zero keeps its sign, which an integer has no room for.
  if (whole && !(value == 0 && std::signbit(value))) {
    return Integer(static_cast<std::int64_t>(value));
  }
  Digits digits;
  const auto [end, error] =
      std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out_.append(digits.data(), end);
}

void TextWriter::Decimal(std::int64_t units, int decimals) {
  // Negated without a sign, since -INT64_MIN is no int64.
  auto left = static_cast<std::uint64_t>(units);
  if (units < 0) {
    left = 0 - left;
    out_ += '-';
  }
  std::uint64_t one = 1;
  for (int i = 0; i < decimals; ++i) one *= 10;
  Digits digits;
  const auto [end, error] =
      std::to_chars(digits.data(), digits.data() + digits.size(), left / one);
  out_.append(digits.data(), end);
  left %= one;
  if (left == 0) return;
  out_ += '.';
  while (left != 0) {
    one /= 10;
    out_ += static_cast<char>('0' + left / one);
    left %= one;
  }
}

void TextWriter::Bound(double value) {
  if (!std::isfinite(value)) return AppendUnlessFinite(value, out_);
  Digits digits;
  const auto [end, error] =
      std::to_chars(digits.data(), digits.data() + digits.size(), value,
                    std::chars_format::general);
  const std::string_view text(digits.data(), end);
  Raw(text);
  if (text.find_first_of(".e") == std::string_view::npos) Raw(".0");
}

void TextWriter::Timestamp(std::int64_t unix_milliseconds) {
  Raw(' ');
  Decimal(unix_milliseconds, dialect_.timestamp_decimals);
}

void TextWriter::Start(WallTime start) {
  if (dialect_.start != StartForm::kInline) return;
  Raw(" st@");
  Time(start);
}

void TextWriter::End() { Raw(dialect_.end); }

}  // namespace exporter
