#include "net/curl_exchange.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace exporter {
namespace {

// A peer that acknowledges nothing for so long is gone. Without it a dead
// HTTP/2 connection, which single timeouts do not close, would be used again
// until the kernel gives up after a quarter of an hour.
constexpr int kUnacknowledgedMs = 10'000;

// Until 8.1.1, libcurl takes a first header line that begins with a blank for
// the rest of the last header of the exchange before, which it has freed: the
// other side could corrupt our memory (curl issue 11101).
bool MixesUpFoldedLines() {
  static const bool does =
      curl_version_info(CURLVERSION_NOW)->version_num < 0x080101;
  return does;
}

// Whether the TLS connection that carries `easy` speaks HTTP/2. Known before a
// reply is, and only while it is carried.
bool IsHttp2(CURL* easy) {
  const curl_tlssessioninfo* tls = nullptr;
  curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &tls);
  if (tls == nullptr || tls->backend != CURLSSLBACKEND_OPENSSL) return false;
  if (tls->internals == nullptr) return false;
  const unsigned char* protocol = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(static_cast<const SSL*>(tls->internals), &protocol,
                         &size);
  return size == 2 && std::equal(protocol, protocol + size, "h2");
}

// Of this end of `socket`; 0 if it has none.
int LocalPort(curl_socket_t socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return 0;
  }
  if (address.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  }
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  }
  return 0;
}

}  // namespace

CurlExchange::CurlExchange(const ExchangeSettings& settings,
                           std::function<void()> connected)
    : settings_(settings), connected_(std::move(connected)), handle_(settings) {
  handle_.Set(CURLOPT_HEADERFUNCTION, &CurlExchange::OnHeader);
  handle_.Set(CURLOPT_HEADERDATA, this);
  handle_.Set(CURLOPT_WRITEFUNCTION, &CurlExchange::OnBody);
  handle_.Set(CURLOPT_WRITEDATA, this);
  handle_.Set(CURLOPT_SOCKOPTFUNCTION, &CurlExchange::OnSocketMade);
  handle_.Set(CURLOPT_SOCKOPTDATA, this);
  // Header lines come as body too, and that before libcurl looks into them.
  if (MixesUpFoldedLines()) handle_.Set(CURLOPT_HEADER, 1L);
  handle_.Set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);  // Not the reply's.
  handle_.Set(CURLOPT_PREREQFUNCTION, &CurlExchange::OnConnected);
  handle_.Set(CURLOPT_PREREQDATA, this);
}

std::optional<Error> CurlExchange::Prepare(HttpRequest request) {
  request_ = std::move(request);
  if (auto refusal = handle_.SetRequest(request_)) return refusal;
  repeated_ = false;
  Begin();
  return std::nullopt;
}

void CurlExchange::Begin() {
  // Whoever is asked for a token may count what he refuses, until he locks the
  // account; and libcurl sends a request again by itself where a connection
  // that it kept breaks, whether or not the request has come through. Hence
  // what is more than a question goes out on a new one, and only once.
  handle_.SetFresh(IsFresh());
  // Until the reply begins: the last one who leaves an HTTP/2 connection
  // without one closes it. Timing out alone does not.
  handle_.SetClosing(true);
  in_line_ = false;
  sent_ = false;
  on_http2_ = false;
  local_port_ = 0;
  sockets_.clear();
  socket_ = -1;
  phase_ = CurlFailure::Phase::kLookup;
  reply_.emplace(settings_.max_header_bytes, settings_.max_body_bytes);
  handle_.ForgetError();
}

void CurlExchange::SetAddresses(
    const std::vector<NameCache::Addresses>& addresses) {
  phase_ = CurlFailure::Phase::kConnect;
  handle_.SetAddresses(addresses);
}

int CurlExchange::OnSocketMade(void* self, curl_socket_t socket,
                               curlsocktype /*purpose*/) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  exchange.phase_ = CurlFailure::Phase::kConnect;
  exchange.sockets_.push_back(socket);
  // Where it is not supported, the timeouts of the single requests still hold.
  (void)setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUnacknowledgedMs,
                   sizeof(kUnacknowledgedMs));
  return CURL_SOCKOPT_OK;
}

int CurlExchange::OnConnected(void* self, char* /*peer_ip*/, char* /*local_ip*/,
                              int /*peer_port*/, int local_port) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  exchange.phase_ = CurlFailure::Phase::kWait;
  exchange.worn_ |= std::exchange(exchange.sent_, true);
  exchange.on_http2_ = IsHttp2(exchange.Handle());
  exchange.local_port_ = local_port;
  // Of an address of each family that were tried, libcurl has closed one.
  const auto made =
      std::find_if(exchange.sockets_.begin(), exchange.sockets_.end(),
                   [&](int socket) { return LocalPort(socket) == local_port; });
  exchange.socket_ = made != exchange.sockets_.end() ? *made : -1;
  exchange.connected_();
  return CURL_PREREQFUNC_OK;
}

std::size_t CurlExchange::OnHeader(char* line, std::size_t unit,
                                   std::size_t count, void* self) {
  const std::size_t size = unit * count;
  return static_cast<CurlExchange*>(self)->TakeHeader({line, size}) ? size : 0;
}

std::size_t CurlExchange::OnBody(char* bytes, std::size_t unit,
                                 std::size_t count, void* self) {
  const std::size_t size = unit * count;
  return static_cast<CurlExchange*>(self)->TakeBody({bytes, size}) ? size : 0;
}

// False if it is too much or none.
bool CurlExchange::TakeHeader(std::string_view line) {
  if (std::exchange(phase_, CurlFailure::Phase::kRead) !=
      CurlFailure::Phase::kRead) {
    handle_.SetClosing(false);
  }
  return reply_->TakeHeader(line);
}

// False if it is too much.
bool CurlExchange::TakeBody(std::string_view bytes) {
  if (reply_->IsInHeader() && MixesUpFoldedLines()) {
    return reply_->GuardHeader(bytes);
  }
  return reply_->TakeBody(bytes);
}

// libcurl 7.88 takes a TLS connection for alive while the peer's closing of it
// waits to be read, tries six of those that it keeps and never makes a new one
// (8.14 does neither). The same ends come of an HTTP/2 connection that closes
// under many exchanges. A server short of connections closes those on which no
// stream has come, new ones too (httpd 2.4.71), and says in HTTP/2 that it has
// done nothing; libcurl, which writes meanwhile, does not read that.
bool CurlExchange::MayRepeat(CURLcode code) const {
  bool may_be_new = on_http2_;  // The connection.
  switch (code) {
    case CURLE_HTTP2_STREAM:  // The stream alone: the connection lives on.
      may_be_new = false;
      [[fallthrough]];
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_PARTIAL_FILE:  // Of a stream: its connection has ended.
      return !repeated_ && request_.method == "GET" && !reply_->HasBegun() &&
             (may_be_new || handle_.Number(CURLINFO_NUM_CONNECTS) == 0);
    default:
      return false;
  }
}

void CurlExchange::Repeat() {
  repeated_ = true;
  Begin();
}

Result<HttpReply> CurlExchange::Finish(CURLcode code) {
  // libcurl is content with a header that was cut.
  if (code == CURLE_OK && reply_->IsInHeader()) code = CURLE_PARTIAL_FILE;
  if (code != CURLE_OK) return Fail(Explain(Describe(CauseOf(code))));
  HttpReply reply = reply_->Take();
  if (!handle_.ProxyUrl().empty() && handle_.IsPlain() &&
      KindOfProxy(handle_.ProxyUrl()) != ProxyKind::kSocks) {
    reply.proxy = ProxyForMessages(handle_.ProxyUrl());
  }
  return reply;
}

Error CurlExchange::TimedOutWaiting() const {
  return Explain(Describe(CURLE_OPERATION_TIMEDOUT));
}

Error CurlExchange::NotFound(const std::string& name,
                             std::string_view why) const {
  CurlFailure failure = Describe(CURLE_COULDNT_RESOLVE_HOST);
  if (failure.proxy == name || failure.proxy.starts_with(name + ":")) {
    failure.code = CURLE_COULDNT_RESOLVE_PROXY;
  }
  Error error = Explain(failure);
  error.message.append(" (").append(why).append(")");
  return error;
}

// What `code` means where one of our callbacks refused.
CURLcode CurlExchange::CauseOf(CURLcode code) const {
  switch (reply_->WhatIsWrong()) {
    case IncomingReply::Fault::kNone:
      return code;
    case IncomingReply::Fault::kNotHttp:
      return CURLE_WEIRD_SERVER_REPLY;
    case IncomingReply::Fault::kHeaderTooLarge:
      return CURLE_OUT_OF_MEMORY;
    case IncomingReply::Fault::kBodyTooLarge:
      return CURLE_FILESIZE_EXCEEDED;
  }
  throw std::logic_error("Fault out of range");
}

CurlFailure CurlExchange::Describe(CURLcode code) const {
  const auto largest =
      std::max_element(request_.headers.begin(), request_.headers.end(),
                       [](const auto& a, const auto& b) {
                         return a.second.size() < b.second.size();
                       });
  const bool has_header = largest != request_.headers.end();
  return {.code = code,
          .phase = phase_,
          .detail = handle_.ErrorText(),
          .system_error = static_cast<int>(handle_.Number(CURLINFO_OS_ERRNO)),
          .proxy_status = handle_.Number(CURLINFO_HTTP_CONNECTCODE),
          .proxy_error = handle_.Number(CURLINFO_PROXY_ERROR),
          .certificate_was_wanted = handle_.CertificateWasWanted(),
          .certificate_error = handle_.CertificateError(),
          .in_proxy_tls = IsInProxyTls(),
          .max_body_bytes = settings_.max_body_bytes,
          .reply_began = reply_->HasBegun(),
          .largest_header = has_header ? largest->first : "",
          .header_bytes = has_header ? largest->second.size() : 0,
          .host = handle_.Host(),
          .proxy = ProxyForMessages(handle_.ProxyUrl())};
}

// Whether a TLS handshake that failed is one with an https:// proxy: all are
// for a plain URL, else those before its answer to CONNECT.
bool CurlExchange::IsInProxyTls() const {
  return KindOfProxy(handle_.ProxyUrl()) == ProxyKind::kHttps &&
         (handle_.IsPlain() || handle_.Number(CURLINFO_HTTP_CONNECTCODE) == 0);
}

}  // namespace exporter
