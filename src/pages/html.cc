#include "pages/html.h"

#include "base/utf8.h"

namespace exporter {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F;
}

void AppendEscapedUtf8(std::string& html, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        if (IsControl(c)) {
          html += kReplacement;
        } else {
          html += c;
        }
    }
  }
}

}  // namespace

void AppendEscaped(std::string& html, std::string_view text) {
  if (IsUtf8(text)) {
    AppendEscapedUtf8(html, text);
  } else {
    AppendEscapedUtf8(html, ToUtf8(text));
  }
}

void AppendElement(std::string& html, std::string_view tag,
                   std::string_view text) {
  html += '<';
  html += tag;
  html += '>';
  AppendEscaped(html, text);
  html += "</";
  html += tag;
  html += '>';
}

}  // namespace exporter
