#include "net/incoming_reply.h"

#include <algorithm>
#include <utility>

#include "base/header_text.h"

namespace exporter {
namespace {

// A reply has about as many.
constexpr std::size_t kUsualHeaders = 8;

bool BeginsWithBlank(std::string_view line) {
  return line.starts_with(' ') || line.starts_with('\t');
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

int StatusOf(std::string_view status_line) {
  const auto blank = status_line.find(' ');
  if (blank == std::string_view::npos) return 0;
  const std::string_view rest = Trim(status_line.substr(blank));
  const std::string_view code = rest.substr(0, rest.find(' '));
  if (code.size() != 3 || code.front() == '0' ||
      !std::all_of(code.begin(), code.end(), IsDigit)) {
    return 0;
  }
  return (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
}

bool IncomingReply::Refuse(Fault fault) {
  fault_ = fault;
  return false;
}

bool IncomingReply::GuardHeader(std::string_view piece) {
  const bool continues_another =
      !line_is_open_ && reply_.headers.empty() && BeginsWithBlank(piece);
  line_is_open_ = !piece.ends_with('\n');
  return continues_another ? Refuse(Fault::kNotHttp) : true;
}

// libcurl 8 takes a status without three digits for 200, and 7.88 any number
// of them, cut. It becomes a label, so there must not be too many.
bool IncomingReply::TakeStatusLine(std::string_view line) {
  reply_.headers.clear();  // What came before was an interim reply's.
  reply_.headers.reserve(kUsualHeaders);
  reply_.status = StatusOf(line);
  http2_ = line.starts_with("HTTP/2");
  return reply_.status != 0 ? true : Refuse(Fault::kNotHttp);
}

bool IncomingReply::TakeHeader(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > max_header_bytes_) return Refuse(Fault::kHeaderTooLarge);
  if (!in_header_) return true;  // A trailer.
  if (std::exchange(status_line_next_, false)) return TakeStatusLine(line);
  if (Trim(line).empty()) {
    in_header_ = status_line_next_ =
        reply_.status / 100 == 1 && reply_.status != 101;
    return true;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || BeginsWithBlank(line)) return true;
  reply_.headers.emplace_back(Trim(line.substr(0, colon)),
                              Trim(line.substr(colon + 1)));
  return true;
}

bool IncomingReply::TakeBody(std::string_view bytes) {
  if (bytes.size() > max_body_bytes_ - reply_.body.size()) {
    return Refuse(Fault::kBodyTooLarge);
  }
  reply_.body += bytes;
  return true;
}

}  // namespace exporter
