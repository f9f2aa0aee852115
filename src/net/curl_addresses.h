#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/name_cache.h"
#include "net/url.h"

namespace exporter {

struct FreeCurlList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, FreeCurlList>;

// Which names a request needs the addresses of, and what libcurl is told of
// them: it starts a thread for each name that it does not know, and forgets
// what that finds once the exchange has ended.
//
// Not safe for concurrent use.
class CurlAddresses {
 public:
  // Of the endpoint, of the proxy, or of both. `proxy_url` is empty if there is
  // none.
  void Need(const UrlParts& url, std::string_view proxy_url);

  // Those that libcurl may look up.
  [[nodiscard]] const std::vector<std::string>& Names() const { return names_; }

  // What CURLOPT_RESOLVE is to be set to, given the addresses of Names, in that
  // order; none if it was told by the same handle. Valid until the next call.
  struct Told {
    bool is_new = false;
    curl_slist* entries = nullptr;
  };
  Told Tell(const std::vector<NameCache::Addresses>& addresses);

 private:
  std::vector<std::string> names_;
  std::vector<std::string> ports_;  // Of those.
  // What libcurl was last told: addresses and port.
  std::vector<std::pair<NameCache::Addresses, std::string>> told_;
  CurlList entries_;
  CurlList old_entries_;  // Which libcurl has until it is told of those.
};

}  // namespace exporter
