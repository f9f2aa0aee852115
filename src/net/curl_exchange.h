// One HTTP exchange on a libcurl easy handle: what is asked, what came back
// and, when nothing did, why. Knows nothing of the loop that drives it.

#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/certificate_request.h"
#include "net/curl_failure.h"
#include "net/fetcher.h"
#include "net/header_list.h"
#include "net/incoming_reply.h"
#include "net/name_cache.h"
#include "net/proxy.h"

namespace exporter {

struct ExchangeSettings {
  std::size_t max_body_bytes = 0;    // After decompression.
  std::size_t max_header_bytes = 0;  // Of all header lines together.
  std::string user_agent;
  ProxyEnvironment environment;
};

// Used for one request after the other, since making a handle costs more than
// carrying a request. libcurl keeps pointers to it, so it stays where it is.
//
// Not safe for concurrent use.
class CurlExchange {
 public:
  // `settings` must outlive this object.
  explicit CurlExchange(const ExchangeSettings& settings);
  ~CurlExchange();
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;

  [[nodiscard]] CURL* Handle() const { return easy_; }

  // Gets the handle ready to carry `request`; SetTimeout and JoinGeneration are
  // to follow.
  // REQUIRES: the handle is not being driven.
  //
  // Errors: kConnect      the URL is none;
  //         kCredentials  a header would break out of its line. Only what
  //                       proves who we are comes from outside of us.
  std::optional<Error> Prepare(HttpRequest request);

  // REQUIRES: at least 1 ms.
  void SetTimeout(std::chrono::milliseconds timeout);

  // It joins a kept connection only of this generation, and a new one is of it.
  // See connection_generations.h. The numbers go round after eight.
  void JoinGeneration(unsigned generation);

  [[nodiscard]] Deadline EndsAt() const { return request_.deadline; }

  // Who is asked: "example.com:8443".
  [[nodiscard]] const std::string& Host() const { return host_; }

  // The names that libcurl may need the addresses of: of the endpoint, of the
  // proxy, or of both. libcurl starts a thread for each name that it does not
  // know, and forgets what that finds once the exchange has ended.
  [[nodiscard]] const std::vector<std::string>& NamesToFind() const {
    return names_to_find_;
  }

  // Gives libcurl the addresses of NamesToFind, in that order; to be called
  // even if there are none. REQUIRES: the handle is not being driven.
  void SetAddresses(const std::vector<NameCache::Addresses>& addresses);

  // Whether it still needs SetAddresses.
  [[nodiscard]] bool IsWaiting() const {
    return phase_ == CurlFailure::Phase::kLookup;
  }

  // Whether, ended with `code`, it may have met a connection that the other
  // side closed for reasons of its own, and may be sent again. Once for each
  // request.
  [[nodiscard]] bool MayRepeat(CURLcode code) const;

  // Gets the handle ready to carry the same request once more, on a new
  // connection; SetTimeout and JoinGeneration are to follow.
  // REQUIRES: MayRepeat, and the handle is not being driven.
  void Repeat();

  // Whether libcurl itself has repeated a request. It counts that over the life
  // of a handle, and gives up at five, so the handle is not to be used again
  // (7.88 to 8.21; later ones count anew for each request).
  [[nodiscard]] bool IsWorn() const { return worn_; }

  // Whether the reply, as far as it has come, is in HTTP/2.
  [[nodiscard]] bool IsInHttp2() const { return reply_->IsHttp2(); }

  // What came of it, once libcurl says that it ended with `code`.
  Result<HttpReply> Finish(CURLcode code);

  // The request that was prepared last, refused or not; to be called at its
  // end. REQUIRES: the handle is not being driven.
  [[nodiscard]] HttpRequest TakeRequest() {
    return std::exchange(request_, {});
  }

  // Why it failed if its time is up before libcurl has seen it.
  [[nodiscard]] Error TimedOutWaiting() const;

  // The same if `name` of NamesToFind has no address, in the resolver's words.
  [[nodiscard]] Error NotFound(const std::string& name,
                               std::string_view why) const;

 private:
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  static int OnSocketMade(void* self, curl_socket_t socket,
                          curlsocktype purpose);
  static int OnConnected(void* self, char* peer_ip, char* local_ip,
                         int peer_port, int local_port);
  static std::size_t OnHeader(char* line, std::size_t unit, std::size_t count,
                              void* self);
  static std::size_t OnBody(char* bytes, std::size_t unit, std::size_t count,
                            void* self);

  template <typename Value>
  void Set(CURLoption option, Value value);
  void SetTransport(const Transport& transport);
  void SetProxy(const std::string& proxy_url);
  void SetUrl(const std::string& text, const UrlParts& url,
              const std::string& server_name);
  void SetMethod();
  void Begin();
  void SetHeaders();
  void SetNamesToFind(const UrlParts& url);

  bool TakeHeader(std::string_view line);
  bool TakeBody(std::string_view bytes);

  [[nodiscard]] CURLcode CauseOf(CURLcode code) const;
  [[nodiscard]] CurlFailure Describe(CURLcode code) const;
  [[nodiscard]] bool IsInProxyTls() const;
  [[nodiscard]] bool IsPlain() const;
  [[nodiscard]] long Number(CURLINFO what) const;

  const ExchangeSettings& settings_;
  CURL* const easy_;
  CertificateRequestWatch certificate_request_;

  // What the handle is set up for, beyond the single request.
  std::shared_ptr<const Transport> transport_;
  Secret proxy_url_;  // Empty: none.
  unsigned generation_ = 0;

  HttpRequest request_;
  std::string host_;
  HeaderList headers_;
  std::unique_ptr<curl_slist, FreeList> connect_to_;

  std::vector<std::string> names_to_find_;
  std::vector<std::string> ports_;  // Of those.
  // What libcurl was last told of them by this handle.
  std::vector<std::pair<NameCache::Addresses, std::string>> told_;
  std::unique_ptr<curl_slist, FreeList> resolve_;

  bool repeated_ = false;
  bool sent_ = false;      // libcurl has begun to send it,
  bool worn_ = false;      // and for this or an earlier one again.
  bool on_http2_ = false;  // The connection on which it is sent.
  CurlFailure::Phase phase_ = CurlFailure::Phase::kLookup;
  std::optional<IncomingReply> reply_;
  std::array<char, CURL_ERROR_SIZE> error_{};  // libcurl's own words.
};

}  // namespace exporter
