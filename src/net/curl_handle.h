// An easy handle of libcurl that asks one request after the other. What does
// not change between them stays set, since setting it up costs more than
// carrying a request. Knows nothing of replies.

#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/curl_addresses.h"
#include "net/fetcher.h"
#include "net/handshake_watch.h"
#include "net/header_list.h"
#include "net/name_cache.h"
#include "net/proxy.h"
#include "net/url.h"

namespace exporter {

struct ExchangeSettings {
  std::size_t max_body_bytes = 0;    // After decompression.
  std::size_t max_header_bytes = 0;  // Of all header lines together.
  std::string user_agent;
  ProxyEnvironment environment;
};

// libcurl keeps pointers to it, so it stays where it is.
//
// Not safe for concurrent use.
class CurlHandle {
 public:
  // `settings` must outlive this object.
  explicit CurlHandle(const ExchangeSettings& settings);
  ~CurlHandle();
  CurlHandle(const CurlHandle&) = delete;
  CurlHandle& operator=(const CurlHandle&) = delete;

  [[nodiscard]] CURL* Get() const { return easy_; }

  // Throws if libcurl refuses, which would be our own fault.
  template <typename Value>
  void Set(CURLoption option, Value value) {
    Check(option, curl_easy_setopt(easy_, option, value));
  }

  // The rest is to be called while the handle is not being driven.

  // Gets ready to ask `request`, which must outlive the exchange. What follows
  // below is to be set then.
  //
  // Errors: kConnect      the URL is none;
  //         kCredentials  a header would break out of its line. Only what
  //                       proves who we are comes from outside of us.
  std::optional<Error> SetRequest(const HttpRequest& request);

  // REQUIRES: at least 1 ms.
  void SetTimeout(std::chrono::milliseconds timeout);

  // Whether it joins no kept connection.
  void SetFresh(bool fresh);

  // Whether its connection closes with it, unless others share it. Also while
  // it is being driven.
  void SetClosing(bool closing);

  // It joins a kept connection only of this generation, and a new one is of it.
  // See connection_generations.h.
  // REQUIRES: less than ConnectionGenerations::kGenerations.
  void JoinGeneration(unsigned generation);

  // As CurlAddresses has them; SetAddresses is to be called even if there are
  // none.
  [[nodiscard]] const std::vector<std::string>& NamesToFind() const {
    return addresses_.Names();
  }
  void SetAddresses(const std::vector<NameCache::Addresses>& addresses);

  // Who is asked: "example.com:8443".
  [[nodiscard]] const std::string& Host() const { return host_; }
  // The host, and how it is reached: those for whom it is equal share
  // connections.
  [[nodiscard]] const std::string& Route() const { return route_; }
  // Whether in plain HTTP.
  [[nodiscard]] bool IsPlain() const { return plain_; }
  // By which proxy, with its password; empty: directly.
  [[nodiscard]] const std::string& ProxyUrl() const {
    return proxy_url_.Reveal();
  }

  [[nodiscard]] long Number(CURLINFO what) const;

  // libcurl's own words on what failed since then.
  void ForgetError();
  [[nodiscard]] std::string_view ErrorText() const { return error_.data(); }
  // Whether a server wanted a certificate of ours since then, and had none.
  [[nodiscard]] bool CertificateWasWanted() const {
    return handshakes_.Last().certificate_wanted;
  }
  // Why a server's certificate was refused since then; empty: none was.
  [[nodiscard]] std::string_view CertificateError() const {
    return handshakes_.Last().certificate_error;
  }

 private:
  static void Check(CURLoption option, CURLcode code);
  [[nodiscard]] bool IsAtOrigin(const HttpRequest& request) const;
  void SetOrigin(const HttpRequest& request, const UrlParts& url);
  void SetTransport(const Transport& transport);
  void SetProxy(const std::string& proxy_url);
  void SetUrl(const HttpRequest& request, const UrlParts& url);
  void SetTarget(const std::string& url);
  void SetMethod(const HttpRequest& request);
  void SetHeaders(const HttpRequest& request);

  const ExchangeSettings& settings_;
  CURL* const easy_;
  HandshakeWatch handshakes_;
  std::array<char, CURL_ERROR_SIZE> error_{};

  // What the handle is set up for, beyond the single request.
  std::string origin_;  // What its URL begins with: "https://example.com:8443".
  std::shared_ptr<const Transport> transport_;
  std::string host_;
  std::string route_;
  bool plain_ = false;
  Secret proxy_url_;  // Empty: none.
  CurlList connect_to_;
  CurlAddresses addresses_;
  unsigned generation_ = 0;
  bool asks_ = true;  // By GET.
  bool fresh_ = false;
  bool closing_ = false;

  HeaderList headers_;
};

}  // namespace exporter
