#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "net/fetcher.h"

namespace exporter {

inline HttpReply Reply(int status, std::string body = "") {
  return HttpReply{status, {}, std::move(body)};
}

inline Failure NoReply() {
  return Fail(ErrorKind::kConnect, "connection refused");
}

// The header's value; "(absent)" if there is none.
inline std::string HeaderOf(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "(absent)";
}

// A question to the API, to be proved.
inline HttpRequest Question() {
  HttpRequest request;
  request.method = "GET";
  request.url = "https://modelarts.example.com/v2/p1/datasets/d1";
  request.headers = {{"X-Project-Id", "p1"}};
  return request;
}

}  // namespace exporter
