#include "http/request_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/header_text.h"

namespace exporter {
namespace {

// Source: RFC 9110, section 5.6.2.
bool IsToken(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || kMarks.find(c) != std::string_view::npos;
  });
}

bool IsFieldValue(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

// Takes the first line, without its CR LF, off `head`.
std::string_view TakeLine(std::string_view& head) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  head.remove_prefix(line.size() + 2);
  return line;
}

// Whether the list `value` has the member `token`.
bool HasToken(std::string_view value, std::string_view token) {
  while (!value.empty()) {
    if (EqualsIgnoringCase(TakeUntil(value, ','), token)) return true;
  }
  return false;
}

std::size_t Count(const ServeRequest& request, std::string_view name) {
  return static_cast<std::size_t>(
      std::ranges::count_if(request.headers, [&](const auto& header) {
        return EqualsIgnoringCase(header.first, name);
      }));
}

struct Head {
  ServeRequest request;
  bool is_http_1_0;
};

std::variant<Head, BadRequest> ParseHead(std::string_view text,
                                         bool raw_targets) {
  const std::string_view line = TakeLine(text);
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return BadRequest{400, "the request line is not METHOD TARGET VERSION"};
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view version = line.substr(last + 1);
  if (!IsToken(method)) return BadRequest{400, "the method is not a word"};
  if (!version.starts_with("HTTP/")) {
    return BadRequest{400, "the request line ends in no HTTP version"};
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return BadRequest{505, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
  }
  const std::string_view asked = line.substr(first + 1, last - first - 1);
  Head head{.request = {.method = std::string(method),
                        .target = std::string(asked),
                        .path = {},
                        .query = {},
                        .headers = {}},
            .is_http_1_0 = version == "HTTP/1.0"};
  if (!raw_targets) {
    std::optional<RequestTarget> target = ParseTarget(asked);
    if (!target) return BadRequest{400, "the request target is malformed"};
    head.request.path = std::move(target->path);
    head.request.query = std::move(target->query);
  }
  constexpr std::size_t kUsualHeaders = 8;
  head.request.headers.reserve(kUsualHeaders);
  while (text != "\r\n") {
    const std::string_view field = TakeLine(text);
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos || !IsToken(field.substr(0, colon))) {
      return BadRequest{400, "a header is not NAME: VALUE"};
    }
    const std::string_view value = TrimBlanks(field.substr(colon + 1));
    if (!IsFieldValue(value)) {
      return BadRequest{400, "a header holds a control character"};
    }
    head.request.headers.emplace_back(field.substr(0, colon), value);
  }
  return head;
}

// The size of the body that follows `head`.
std::variant<std::size_t, BadRequest> BodySize(const ServeRequest& request,
                                               std::size_t max_bytes) {
  const std::size_t lengths = Count(request, "Content-Length");
  if (Count(request, "Transfer-Encoding") > 0) {
    // Two answers to "where does it end" are how requests are smuggled.
    if (lengths > 0) {
      return BadRequest{400, "both Transfer-Encoding and Content-Length"};
    }
    return BadRequest{411, "a body needs a Content-Length here"};
  }
  if (lengths == 0) return std::size_t{0};
  const std::string text = request.Header("Content-Length");
  const bool is_number =
      std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (lengths > 1 || text.empty() || !is_number) {
    return BadRequest{400, "Content-Length is not one number"};
  }
  std::size_t size = 0;
  const auto parsed =
      std::from_chars(text.data(), text.data() + text.size(), size);
  if (parsed.ec != std::errc() || size > max_bytes) {
    return BadRequest{413, "the body is too large"};
  }
  return size;
}

}  // namespace

// Moves on by whole lines, so that a client which sends byte by byte is not
// read over and over. Sets head_size_ once the empty line is there.
std::optional<BadRequest> RequestReader::FindHeadEnd() {
  // Source: RFC 9112, section 2.2: an empty line before a request is skipped.
  if (!skipped_ && lines_ == 0 && buffer_.starts_with("\r\n")) {
    buffer_.erase(0, 2);
    skipped_ = true;
    scanned_ = 0;
  }

  while (head_size_ == 0) {
    const std::size_t newline = buffer_.find('\n', scanned_);
    const std::size_t line_end = std::min(newline, buffer_.size());
    if (lines_ == 0) {
      // A client that speaks something else, TLS for one, hears so at once.
      if (!buffer_.empty() && buffer_ != "\r" &&
          !IsToken(std::string_view(buffer_).substr(0, 1))) {
        return BadRequest{400, "this is not HTTP"};
      }
      if (line_end > limits_.request_line_bytes) {
        return BadRequest{414, "the request line is too long"};
      }
    }
    if (line_end > limits_.head_bytes) {
      return BadRequest{431, "the headers are too large"};
    }
    if (newline == std::string::npos) {
      scanned_ = buffer_.size();
      return std::nullopt;
    }
    if (newline == line_start_ || buffer_[newline - 1] != '\r') {
      return BadRequest{400, "a line does not end in CR LF"};
    }
    if (newline == line_start_ + 1) head_size_ = newline + 1;
    line_start_ = scanned_ = newline + 1;
    // The request line and the empty line are no headers.
    if (++lines_ > limits_.headers + 2) {
      return BadRequest{431, "too many headers"};
    }
  }
  return std::nullopt;
}

std::optional<ReadRequest> RequestReader::Next() {
  if (!pending_) {
    if (const auto bad = FindHeadEnd()) return *bad;
    if (head_size_ == 0) return std::nullopt;

    auto parsed = ParseHead(std::string_view(buffer_).substr(0, head_size_),
                            limits_.raw_targets);
    if (const auto* bad = std::get_if<BadRequest>(&parsed)) return *bad;
    auto& [request, is_http_1_0] = std::get<Head>(parsed);
    // Source: RFC 9112, section 3.2: a server must refuse these.
    const std::size_t hosts = Count(request, "Host");
    if (hosts > 1 || (hosts == 0 && !is_http_1_0)) {
      return BadRequest{400, "not exactly one Host header"};
    }
    const auto body = BodySize(request, limits_.body_bytes);
    if (const auto* bad = std::get_if<BadRequest>(&body)) return *bad;
    if (!is_http_1_0 && Count(request, "Expect") > 0) {
      return BadRequest{417, "send the body without asking first"};
    }
    body_size_ = std::get<std::size_t>(body);
    const bool keep_alive =
        !is_http_1_0 && !HasToken(request.Header("Connection"), "close");
    pending_ = WholeRequest{std::move(request), keep_alive, !is_http_1_0};
  }
  if (buffer_.size() - head_size_ < body_size_) return std::nullopt;

  pending_->request.body.assign(buffer_, head_size_, body_size_);
  buffer_.erase(0, head_size_ + body_size_);
  // It may idle for long now.
  constexpr std::size_t kMuch = 1024;
  if (buffer_.empty() && buffer_.capacity() > kMuch) buffer_.shrink_to_fit();
  line_start_ = scanned_ = lines_ = head_size_ = body_size_ = 0;
  skipped_ = false;
  std::optional<ReadRequest> whole(*std::move(pending_));
  pending_.reset();
  return whole;
}

}  // namespace exporter
