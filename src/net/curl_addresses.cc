#include "net/curl_addresses.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <new>

#include "net/proxy.h"

namespace exporter {
namespace {

// Whether libcurl has the address of `host` without a lookup: it is one, or is
// this machine's own (RFC 6761).
bool IsKnown(std::string_view host) {
  in_addr ignored{};
  return host.starts_with('[') || host == "localhost" ||
         host.ends_with(".localhost") ||
         inet_pton(AF_INET, std::string(host).c_str(), &ignored) == 1;
}

// Whether the proxy with this URL is told addresses, and not names.
bool WantsAddresses(std::string_view proxy_url) {
  return proxy_url.starts_with("socks5://") ||
         proxy_url.starts_with("socks4://");
}

}  // namespace

void CurlAddresses::Need(const UrlParts& url, std::string_view proxy_url) {
  names_.clear();
  ports_.clear();
  const auto add = [this](std::string_view host, std::string_view port) {
    if (IsKnown(host)) return;
    names_.emplace_back(host);
    ports_.emplace_back(port);
  };
  if (!proxy_url.empty()) {
    const std::string proxy = ProxyForMessages(proxy_url);
    const std::size_t colon = proxy.rfind(':');
    add(std::string_view(proxy).substr(0, colon),
        std::string_view(proxy).substr(colon + 1));
  }
  if (proxy_url.empty() || WantsAddresses(proxy_url)) {
    const char* usual_port = url.scheme == "https" ? "443" : "80";
    add(url.host, url.port.empty() ? usual_port : url.port);
  }
}

// libcurl keeps what it was told, for all handles of the loop and for ever, so
// that it is told what is new alone.
CurlAddresses::Told CurlAddresses::Tell(
    const std::vector<NameCache::Addresses>& addresses) {
  const auto is_told = [&](std::size_t i) {
    return i < told_.size() && told_[i].first == addresses[i] &&
           told_[i].second == ports_[i];
  };
  bool is_all_told = true;
  for (std::size_t i = 0; i < addresses.size(); ++i) is_all_told &= is_told(i);
  if (is_all_told) return {};
  told_.clear();
  old_entries_ = std::move(entries_);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    told_.emplace_back(addresses[i], ports_[i]);
    const std::string entry = names_[i] + ":" + ports_[i] + ":" + *addresses[i];
    curl_slist* longer = curl_slist_append(entries_.get(), entry.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    (void)entries_.release();  // It is part of the longer one.
    entries_.reset(longer);
  }
  return {.is_new = true, .entries = entries_.get()};
}

}  // namespace exporter
