#include "base/secret_text.h"

#include <algorithm>

#include "base/header_text.h"

namespace exporter {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view WithoutFrame(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view SecretIn(std::string_view text, SecretForm form) {
  text = WithoutFrame(text);
  return form == SecretForm::kKey ? Trim(text) : text;
}

std::string_view OddityOf(std::string_view text, SecretForm form) {
  if (text.starts_with(kByteOrderMark)) {
    return "begins with a byte order mark, which is left out; save the file "
           "as UTF-8 without one";
  }
  const std::string_view framed = WithoutFrame(text);
  const bool has_blanks = Trim(framed).size() != framed.size();
  if (form == SecretForm::kPassword) {
    return has_blanks ? "begins or ends with a blank, which counts as part of "
                        "it; take it away if it is not meant"
                      : "";
  }
  if (has_blanks) {
    return "has blanks or empty lines around it, which are left out; take them "
           "away";
  }
  const bool is_plain = std::all_of(framed.begin(), framed.end(),
                                    [](char c) { return c > ' ' && c <= '~'; });
  return is_plain ? ""
                  : "holds a blank or a character that is not ASCII, as no "
                    "access key or token does; copy it again";
}

}  // namespace exporter
