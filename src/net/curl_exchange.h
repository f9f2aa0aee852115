// One HTTP exchange on a libcurl easy handle: what is asked, what came back
// and, when nothing did, why. Knows nothing of the loop that drives it.

#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/curl_failure.h"
#include "net/curl_handle.h"
#include "net/fetcher.h"
#include "net/incoming_reply.h"
#include "net/name_cache.h"

namespace exporter {

// Used for one request after the other, since making a handle costs more than
// carrying a request. libcurl keeps pointers to it, so it stays where it is.
//
// Not safe for concurrent use.
class CurlExchange {
 public:
  // `settings` must outlive this object. `connected` is called when it has a
  // connection, just before it is sent.
  CurlExchange(const ExchangeSettings& settings,
               std::function<void()> connected);
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;

  [[nodiscard]] CURL* Handle() const { return handle_.Get(); }

  // Gets the handle ready to carry `request`; SetTimeout and JoinGeneration are
  // to follow.
  // REQUIRES: the handle is not being driven.
  //
  // Errors: kConnect      the URL is none;
  //         kCredentials  a header would break out of its line. Only what
  //                       proves who we are comes from outside of us.
  std::optional<Error> Prepare(HttpRequest request);

  // As CurlHandle has them.
  void SetTimeout(std::chrono::milliseconds timeout) {
    handle_.SetTimeout(timeout);
  }
  void JoinGeneration(unsigned generation) {
    handle_.JoinGeneration(generation);
  }
  [[nodiscard]] const std::string& Host() const { return handle_.Host(); }
  [[nodiscard]] const std::string& Route() const { return handle_.Route(); }
  [[nodiscard]] const std::vector<std::string>& NamesToFind() const {
    return handle_.NamesToFind();
  }

  void SetAddresses(const std::vector<NameCache::Addresses>& addresses);

  [[nodiscard]] Deadline EndsAt() const { return request_.deadline; }

  // It has addresses, and waits for its turn to connect.
  void StandInLine() {
    in_line_ = true;
    phase_ = CurlFailure::Phase::kConnect;
  }
  // It is its turn, and it may need addresses again.
  void LeaveLine() {
    in_line_ = false;
    phase_ = CurlFailure::Phase::kLookup;
  }
  [[nodiscard]] bool IsInLine() const { return in_line_; }

  [[nodiscard]] bool IsInTls() const { return !handle_.IsPlain(); }
  // Whether it joins no kept connection.
  [[nodiscard]] bool IsFresh() const {
    return repeated_ || request_.method != "GET";
  }
  // The connection on which it was sent last, by the port of this machine; 0:
  // none.
  [[nodiscard]] int Connection() const { return sent_ ? local_port_ : 0; }
  // The socket of that connection if it was made for this exchange; -1: it was
  // not. While it lives, no other connection has it, while those to other hosts
  // may have the port.
  [[nodiscard]] int SocketMade() const { return socket_; }
  // Whether that is in HTTP/2.
  [[nodiscard]] bool IsOnHttp2() const { return on_http2_; }

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
  static int OnSocketMade(void* self, curl_socket_t socket,
                          curlsocktype purpose);
  static int OnConnected(void* self, char* peer_ip, char* local_ip,
                         int peer_port, int local_port);
  static std::size_t OnHeader(char* line, std::size_t unit, std::size_t count,
                              void* self);
  static std::size_t OnBody(char* bytes, std::size_t unit, std::size_t count,
                            void* self);

  void Begin();
  bool TakeHeader(std::string_view line);
  bool TakeBody(std::string_view bytes);

  [[nodiscard]] CURLcode CauseOf(CURLcode code) const;
  [[nodiscard]] CurlFailure Describe(CURLcode code) const;
  [[nodiscard]] bool IsInProxyTls() const;

  const ExchangeSettings& settings_;
  const std::function<void()> connected_;
  CurlHandle handle_;
  HttpRequest request_;
  bool repeated_ = false;
  bool in_line_ = false;
  bool sent_ = false;                   // libcurl has begun to send it,
  bool worn_ = false;                   // and for this or an earlier one again.
  bool on_http2_ = false;               // The connection on which it is sent.
  int local_port_ = 0;                  // Of that.
  std::vector<curl_socket_t> sockets_;  // All that were made,
  curl_socket_t socket_ = -1;           // and the one that is of local_port_.
  CurlFailure::Phase phase_ = CurlFailure::Phase::kLookup;
  std::optional<IncomingReply> reply_;
};

}  // namespace exporter
