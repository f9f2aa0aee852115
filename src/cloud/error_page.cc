#include "cloud/error_page.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "cloud/text.h"

namespace exporter {
namespace {

constexpr std::size_t kMostQuotedBytes = 160;

// Titles stand far in front of this; a body may have a megabyte.
constexpr std::size_t kMostSearchedBytes = 16'384;

char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Where `lower` stands in `text`, in whatever case.
std::size_t Find(std::string_view text, std::string_view lower) {
  const auto at =
      std::search(text.begin(), text.end(), lower.begin(), lower.end(),
                  [](char t, char l) { return ToLower(t) == l; });
  return at == text.end() ? std::string_view::npos
                          : static_cast<std::size_t>(at - text.begin());
}

// What stands between `open`, "<title", and its end tag, or the page's end.
std::string_view Inside(std::string_view page, std::string_view open,
                        std::string_view close) {
  const std::size_t tag = Find(page, open);
  if (tag == std::string_view::npos) return "";
  const std::size_t begin = page.find('>', tag);
  if (begin == std::string_view::npos) return "";
  page.remove_prefix(begin + 1);
  return page.substr(0, Find(page, close));
}

void AppendUtf8(std::string& out, std::uint32_t point) {
  const bool is_character = point < 0x110000 && (point & 0xFFFFF800) != 0xD800;
  if (!is_character) point = 0xFFFD;
  const auto tail = [&out, point](unsigned shift) {
    out += static_cast<char>(0x80U | (point >> shift & 0x3FU));
  };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0U | point >> 6U);
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0U | point >> 12U);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | point >> 18U);
    tail(12);
    tail(6);
    tail(0);
  }
}

// The character that "amp", "#39" or "#x27" stands for; none of an unknown one.
std::optional<std::uint32_t> Entity(std::string_view name) {
  for (const auto& [known, point] : {std::pair(std::string_view("amp"), U'&'),
                                     {"lt", U'<'},
                                     {"gt", U'>'},
                                     {"quot", U'"'},
                                     {"apos", U'\''},
                                     {"nbsp", U' '}}) {
    if (name == known) return point;
  }
  if (!name.starts_with('#')) return std::nullopt;
  name.remove_prefix(1);
  const bool is_hex = name.starts_with('x') || name.starts_with('X');
  if (is_hex) name.remove_prefix(1);
  std::uint32_t point = 0;
  const char* end = name.data() + name.size();
  const auto [rest, error] =
      std::from_chars(name.data(), end, point, is_hex ? 16 : 10);
  if (error != std::errc() || rest != end) return std::nullopt;
  return point;
}

// `html` without its tags, each entity as the character that it stands for.
std::string TextOf(std::string_view html) {
  constexpr std::size_t kLongestEntity = 8;
  std::string text;
  for (std::size_t at = 0; at < html.size(); ++at) {
    if (html[at] == '<') {
      at = std::min(html.find('>', at), html.size());
      text += ' ';
    } else if (html[at] == '&') {
      const std::string_view name = html.substr(at + 1, kLongestEntity + 1);
      const std::size_t end = name.find(';');
      const auto point = end == std::string_view::npos
                             ? std::nullopt
                             : Entity(name.substr(0, end));
      if (point) {
        AppendUtf8(text, *point);
        at += end + 1;
      } else {
        text += '&';
      }
    } else {
      text += html[at];
    }
  }
  return text;
}

// Fit for a message: in one line, without blanks at its ends or in a row.
std::string Tidy(std::string_view text, std::span<const Secret> hidden) {
  std::string line;
  for (const char c : OnOneLine(ToUtf8(Blotted(text, hidden)))) {
    if (c != ' ' || (!line.empty() && line.back() != ' ')) line += c;
  }
  line.resize(Cut(line, kMostQuotedBytes).size());
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

bool IsPlainText(const HttpReply& reply) {
  return Find(Header(reply, "Content-Type"), "text/plain") == 0;
}

// What the body is about, in its own words.
std::string Heading(const HttpReply& reply, std::span<const Secret> hidden) {
  const auto body = std::string_view(reply.body).substr(0, kMostSearchedBytes);
  if (IsPlainText(reply)) {
    return Tidy(body.substr(0, body.find_first_of("\r\n")), hidden);
  }
  for (const auto& [open, close] :
       {std::pair("<title", "</title"), std::pair("<h1", "</h1")}) {
    std::string heading = Tidy(TextOf(Inside(body, open, close)), hidden);
    if (!heading.empty()) return heading;
  }
  return "";
}

void AppendPart(std::string& out, std::string_view part) {
  if (!out.empty()) out += ", ";
  out += part;
}

}  // namespace

std::string DescribePage(const HttpReply& reply,
                         std::span<const Secret> hidden) {
  std::string text;
  const std::string heading = Heading(reply, hidden);
  if (!heading.empty()) {
    AppendPart(text,
               (IsPlainText(reply) ? "text \"" : "page \"") + heading + '"');
  }
  const std::string server = Tidy(Header(reply, "Server"), hidden);
  if (!server.empty()) AppendPart(text, "server \"" + server + '"');
  if (!reply.proxy.empty())
    AppendPart(text, "through the proxy " + reply.proxy);
  return text;
}

Cause CauseOfPage(const HttpReply& reply) {
  if (reply.status == 431) return Cause::kRequestHeader;  // RFC 6585
  if (reply.status != 400) return Cause::kUnknown;
  const auto body = std::string_view(reply.body).substr(0, kMostSearchedBytes);
  for (const auto& [words, cause] :
       {std::pair("request header or cookie too large", Cause::kRequestHeader),
        std::pair("request header field exceeds", Cause::kRequestHeader),
        std::pair("no required ssl certificate", Cause::kClientCertificate),
        std::pair("ssl certificate error", Cause::kClientCertificate),
        std::pair("request was sent to https port", Cause::kPlainHttp),
        std::pair("http to an ssl-enabled server port", Cause::kPlainHttp),
        std::pair("http request to an https server", Cause::kPlainHttp)}) {
    if (Find(body, words) != std::string_view::npos) return cause;
  }
  return Cause::kUnknown;
}

bool IsOfProxyItself(const HttpReply& reply) {
  if (reply.proxy.empty() || reply.status < 400) return false;
  // What squid passes on has its Via, too, so that is no sign.
  return reply.status == 407 || !Header(reply, "X-Squid-Error").empty() ||
         !Header(reply, "Proxy-Authenticate").empty() ||
         Header(reply, "Server").starts_with("tinyproxy") ||
         Find(Heading(reply, {}), "privoxy") != std::string_view::npos;
}

}  // namespace exporter
