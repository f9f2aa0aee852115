#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace exporter {

// Makes the header lines of a request as libcurl wants them, one request after
// the other in the same memory: curl_slist_append takes two pieces of it a
// line.
//
// Not safe for concurrent use.
class HeaderList {
 public:
  // Begins anew. Ends what Lines() gave.
  void Clear();

  // "name: value". REQUIRES: both fit in a line.
  void Add(std::string_view name, std::string_view value);

  // Keeps libcurl from sending a `name` of its own.
  void LeaveOut(std::string_view name);

  // Valid until the next change; null if there are none.
  [[nodiscard]] curl_slist* Lines();

 private:
  std::string text_;                 // All lines, each with a NUL behind it.
  std::vector<std::size_t> begins_;  // Of each line, in text_.
  std::vector<curl_slist> lines_;
};

}  // namespace exporter
