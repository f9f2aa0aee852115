#include "net/curl_exchange.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "net/url.h"

namespace exporter {
namespace {

// Small, since a thousand exchanges may each hold one; replies are small too.
constexpr long kReceiveBufferBytes = 8192;

// A peer that acknowledges nothing for so long is gone. Without it a dead
// HTTP/2 connection, which single timeouts do not close, would be used again
// until the kernel gives up after a quarter of an hour.
constexpr int kUnacknowledgedMs = 10'000;

// Connections are made anew after a while, so that a change of addresses is
// seen even by those which are never idle.
constexpr long kMaxConnectionAgeSeconds = 600;

// Parsing the system's certificates takes milliseconds, so libcurl keeps them;
// no longer than this, so that a renewed file is seen.
constexpr long kCaCacheSeconds = 60;

constexpr const char* kAcceptEncoding = "gzip";

// Until 8.1.1, libcurl takes a first header line that begins with a blank for
// the rest of the last header of the exchange before, which it has freed: the
// other side could corrupt our memory (curl issue 11101).
bool MixesUpFoldedLines() {
  static const bool does =
      curl_version_info(CURLVERSION_NOW)->version_num < 0x080101;
  return does;
}

// Before 8, libcurl takes a tunnel that a proxy has yet to open for the HTTP/2
// connection that it will be, and exchanges that join it fail.
long VersionByProxy() {
  static const long version =
      curl_version_info(CURLVERSION_NOW)->version_num < 0x080000
          ? CURL_HTTP_VERSION_1_1
          : CURL_HTTP_VERSION_2TLS;
  return version;
}

const Transport& DefaultTransport() {
  static const Transport transport;
  return transport;
}

// Whether `text` can stand in a header: nothing ends the line or hides in it.
bool FitsInALine(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7F';
  });
}

const char* OrNull(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

long ToCurl(TlsVersion version) {
  switch (version) {
    case TlsVersion::kTls10:
      return CURL_SSLVERSION_TLSv1_0;
    case TlsVersion::kTls11:
      return CURL_SSLVERSION_TLSv1_1;
    case TlsVersion::kTls12:
      return CURL_SSLVERSION_TLSv1_2;
    case TlsVersion::kTls13:
      return CURL_SSLVERSION_TLSv1_3;
  }
  throw std::logic_error("TlsVersion out of range");
}

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

// Whether the TLS connection that carries `easy` speaks HTTP/2. Known before a
// reply is, and only while it is carried.
bool IsOnHttp2(CURL* easy) {
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

}  // namespace

CurlExchange::CurlExchange(const ExchangeSettings& settings)
    : settings_(settings),
      easy_(curl_easy_init()),
      certificate_request_(easy_) {
  if (easy_ == nullptr) throw std::bad_alloc();
  Set(CURLOPT_ERRORBUFFER, error_.data());
  Set(CURLOPT_HEADERFUNCTION, &CurlExchange::OnHeader);
  Set(CURLOPT_HEADERDATA, this);
  Set(CURLOPT_WRITEFUNCTION, &CurlExchange::OnBody);
  Set(CURLOPT_WRITEDATA, this);
  Set(CURLOPT_SOCKOPTFUNCTION, &CurlExchange::OnSocketMade);
  Set(CURLOPT_SOCKOPTDATA, this);
  // Header lines come as body too, and that before libcurl looks into them.
  if (MixesUpFoldedLines()) Set(CURLOPT_HEADER, 1L);
  Set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);  // Not the reply's.
  Set(CURLOPT_PREREQFUNCTION, &CurlExchange::OnConnected);
  Set(CURLOPT_PREREQDATA, this);
  Set(CURLOPT_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_2TLS});
  Set(CURLOPT_ACCEPT_ENCODING, kAcceptEncoding);
  Set(CURLOPT_MAXFILESIZE_LARGE,
      static_cast<curl_off_t>(settings_.max_body_bytes));
  Set(CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
  Set(CURLOPT_PATH_AS_IS, 1L);  // What was signed is what is sent.
  Set(CURLOPT_TCP_KEEPALIVE, 1L);
  Set(CURLOPT_TCP_KEEPIDLE, 30L);
  Set(CURLOPT_TCP_KEEPINTVL, 10L);
  Set(CURLOPT_MAXLIFETIME_CONN, kMaxConnectionAgeSeconds);
  Set(CURLOPT_CA_CACHE_TIMEOUT, kCaCacheSeconds);
  Set(CURLOPT_SSL_SESSIONID_CACHE, 0L);  // It is kept per handle: no gain.
  Set(CURLOPT_NOSIGNAL, 1L);
  // Should libcurl take a proxy's URL apart otherwise than we do, it looks up
  // the name itself; giving up would wait for the thread that does.
  Set(CURLOPT_QUICK_EXIT, 1L);
  // Whether a host is exempt is decided in proxy.h, and libcurl is kept from
  // looking at the environment itself.
  Set(CURLOPT_NOPROXY, "");
  Set(CURLOPT_PROXY, "");
  SetTransport(DefaultTransport());
}

CurlExchange::~CurlExchange() { curl_easy_cleanup(easy_); }

template <typename Value>
void CurlExchange::Set(CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(easy_, option, value);
  if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLE_OK) {
    throw std::logic_error("curl_easy_setopt(" + std::to_string(option) +
                           "): " + curl_easy_strerror(code));
  }
}

std::optional<Error> CurlExchange::Prepare(HttpRequest request) {
  request_ = std::move(request);
  const auto url = SplitUrl(request_.url);
  if (!url) return Error{ErrorKind::kConnect, "not a URL"};
  for (const auto& [name, value] : request_.headers) {
    if (FitsInALine(name) && FitsInALine(value)) continue;
    // As much of the name as is one.
    return Error{ErrorKind::kCredentials,
                 "header " + name.substr(0, name.find_first_of("\r\n")) +
                     " holds a control character"};
  }
  const Transport& transport =
      request_.transport ? *request_.transport : DefaultTransport();
  const Transport& present = transport_ ? *transport_ : DefaultTransport();
  if (&transport != &present && transport != present) SetTransport(transport);
  SetProxy(ProxyFor(*url, transport, settings_.environment));
  SetNamesToFind(*url);
  host_ = HostHeader(*url);
  SetUrl(request_.url, *url, transport.server_name);
  transport_ = request_.transport;
  SetHeaders();
  SetMethod();

  repeated_ = false;
  Begin();
  return std::nullopt;
}

void CurlExchange::Begin() {
  // Whoever is asked for a token may count what he refuses, until he locks the
  // account; and libcurl sends a request again by itself where a connection
  // that it kept breaks, whether or not the request has come through. Hence
  // what is more than a question goes out on a new one, and only once.
  const bool is_question = request_.method == "GET";
  Set(CURLOPT_FRESH_CONNECT, repeated_ || !is_question ? 1L : 0L);
  // Until the reply begins: the last one who leaves an HTTP/2 connection
  // without one closes it. Timing out alone does not.
  Set(CURLOPT_FORBID_REUSE, 1L);
  sent_ = false;
  on_http2_ = false;
  certificate_request_.Forget();
  phase_ = CurlFailure::Phase::kLookup;
  reply_.emplace(settings_.max_header_bytes, settings_.max_body_bytes);
  error_.front() = '\0';
}

void CurlExchange::SetTimeout(std::chrono::milliseconds timeout) {
  Set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
}

// libcurl has no call by which to leave a connection that others use. But it
// shares connections only between handles with the same options of TLS, and
// these three of them are for Schannel and do nothing in OpenSSL (7.88, 8.14,
// 8.22).
void CurlExchange::JoinGeneration(unsigned generation) {
  if (generation == generation_) return;
  generation_ = generation;
  Set(CURLOPT_SSL_OPTIONS,
      ((generation & 1U) != 0 ? long{CURLSSLOPT_NO_REVOKE} : 0L) |
          ((generation & 2U) != 0 ? long{CURLSSLOPT_REVOKE_BEST_EFFORT} : 0L) |
          ((generation & 4U) != 0 ? long{CURLSSLOPT_AUTO_CLIENT_CERT} : 0L));
}

void CurlExchange::SetTransport(const Transport& transport) {
  // libcurl keeps parsed certificates only while there is no folder of them.
  const char* ca_file = transport.ca_file.empty()
                            ? curl_version_info(CURLVERSION_NOW)->cainfo
                            : transport.ca_file.c_str();
  for (const CURLoption option : {CURLOPT_CAINFO, CURLOPT_PROXY_CAINFO}) {
    Set(option, ca_file);
  }
  for (const CURLoption option : {CURLOPT_CAPATH, CURLOPT_PROXY_CAPATH}) {
    Set(option, nullptr);
  }
  Set(CURLOPT_SSLCERT, OrNull(transport.cert_file));
  Set(CURLOPT_SSLKEY, OrNull(transport.key_file));
  Set(CURLOPT_SSLVERSION, ToCurl(transport.min_version));
  // OpenSSL 3 does not speak the versions before 1.2 at its default level.
  Set(CURLOPT_SSL_CIPHER_LIST, transport.min_version < TlsVersion::kTls12
                                   ? "DEFAULT:@SECLEVEL=0"
                                   : nullptr);
  const bool verify = !transport.insecure_skip_verify;
  Set(CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
  Set(CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
}

void CurlExchange::SetProxy(const std::string& proxy_url) {
  if (proxy_url == proxy_url_.Reveal()) return;
  Set(CURLOPT_PROXY, proxy_url.c_str());
  Set(CURLOPT_HTTP_VERSION,
      proxy_url.empty() ? long{CURL_HTTP_VERSION_2TLS} : VersionByProxy());
  // libcurl's own guess is 1080 for http too.
  Set(CURLOPT_PROXYPORT, long{DefaultProxyPort(KindOfProxy(proxy_url))});
  // A proxy hears of libcurl's own alone.
  Set(CURLOPT_USERAGENT,
      proxy_url.empty() ? nullptr : OrNull(settings_.user_agent));
  proxy_url_ = Secret(proxy_url);
}

// libcurl asks for and expects the name in the URL, so that has to be the one
// we were told; the connection and the Host header keep the real one.
void CurlExchange::SetUrl(const std::string& text, const UrlParts& url,
                          const std::string& server_name) {
  connect_to_.reset();
  if (url.scheme == "https" && !server_name.empty() &&
      server_name != url.host) {
    const std::string_view port = url.port.empty() ? "443" : url.port;
    std::string real = "::";
    real.append(url.host).append(":").append(port);
    connect_to_.reset(curl_slist_append(nullptr, real.c_str()));
    std::string renamed = "https://" + server_name + ":";
    renamed.append(port).append(url.path);
    if (!url.query.empty()) renamed.append("?").append(url.query);
    Set(CURLOPT_URL, renamed.c_str());
  } else {
    Set(CURLOPT_URL, text.c_str());
  }
  Set(CURLOPT_CONNECT_TO, connect_to_.get());
}

void CurlExchange::SetNamesToFind(const UrlParts& url) {
  names_to_find_.clear();
  ports_.clear();
  const auto add = [this](std::string_view host, std::string_view port) {
    if (IsKnown(host)) return;
    names_to_find_.emplace_back(host);
    ports_.emplace_back(port);
  };
  if (!proxy_url_.Empty()) {
    const std::string proxy = ProxyForMessages(proxy_url_.Reveal());
    const std::size_t colon = proxy.rfind(':');
    add(proxy.substr(0, colon), proxy.substr(colon + 1));
  }
  if (proxy_url_.Empty() || WantsAddresses(proxy_url_.Reveal())) {
    const char* usual_port = url.scheme == "https" ? "443" : "80";
    add(url.host, url.port.empty() ? usual_port : url.port);
  }
}

// libcurl keeps what it was told, for all handles of the loop and for ever, so
// that it is told what is new alone.
void CurlExchange::SetAddresses(
    const std::vector<NameCache::Addresses>& addresses) {
  phase_ = CurlFailure::Phase::kConnect;
  const auto is_told = [&](std::size_t i) {
    return i < told_.size() && told_[i].first == addresses[i] &&
           told_[i].second == ports_[i];
  };
  bool is_all_told = true;
  for (std::size_t i = 0; i < addresses.size(); ++i) is_all_told &= is_told(i);
  if (is_all_told) return;
  told_.clear();
  curl_slist* list = nullptr;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    told_.emplace_back(addresses[i], ports_[i]);
    const std::string entry =
        names_to_find_[i] + ":" + ports_[i] + ":" + *addresses[i];
    list = curl_slist_append(list, entry.c_str());
  }
  Set(CURLOPT_RESOLVE, list);
  resolve_.reset(list);
}

void CurlExchange::SetMethod() {
  if (request_.method == "GET") {
    Set(CURLOPT_HTTPGET, 1L);
    Set(CURLOPT_CUSTOMREQUEST, nullptr);
    return;
  }
  Set(CURLOPT_POST, 1L);
  Set(CURLOPT_POSTFIELDS, request_.body.c_str());
  Set(CURLOPT_POSTFIELDSIZE_LARGE,
      static_cast<curl_off_t>(request_.body.size()));
  Set(CURLOPT_CUSTOMREQUEST,
      request_.method == "POST" ? nullptr : request_.method.c_str());
}

void CurlExchange::SetHeaders() {
  headers_.Clear();
  // Ours, since libcurl rewrites some: what was signed is what is sent. Those
  // that follow it would write letter by letter, twice for each request.
  headers_.Add("Host", host_);
  if (!settings_.user_agent.empty() && proxy_url_.Empty()) {
    headers_.Add("User-Agent", settings_.user_agent);
  }
  headers_.Add("Accept-Encoding", kAcceptEncoding);
  bool has_content_type = false;
  for (const auto& [name, value] : request_.headers) {
    has_content_type |= name == "Content-Type";
    headers_.Add(name, value);
  }
  if (!has_content_type && request_.method != "GET") {
    headers_.LeaveOut("Content-Type");
  }
  Set(CURLOPT_HTTPHEADER, headers_.Lines());
}

int CurlExchange::OnSocketMade(void* self, curl_socket_t socket,
                               curlsocktype /*purpose*/) {
  static_cast<CurlExchange*>(self)->phase_ = CurlFailure::Phase::kConnect;
  // Where it is not supported, the timeouts of the single requests still hold.
  (void)setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUnacknowledgedMs,
                   sizeof(kUnacknowledgedMs));
  return CURL_SOCKOPT_OK;
}

int CurlExchange::OnConnected(void* self, char* /*peer_ip*/, char* /*local_ip*/,
                              int /*peer_port*/, int /*local_port*/) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  exchange.phase_ = CurlFailure::Phase::kWait;
  exchange.worn_ |= std::exchange(exchange.sent_, true);
  exchange.on_http2_ = IsOnHttp2(exchange.easy_);
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
    Set(CURLOPT_FORBID_REUSE, 0L);
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
             (may_be_new || Number(CURLINFO_NUM_CONNECTS) == 0);
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
  if (!proxy_url_.Empty() && IsPlain() &&
      KindOfProxy(proxy_url_.Reveal()) != ProxyKind::kSocks) {
    reply.proxy = ProxyForMessages(proxy_url_.Reveal());
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
          .detail = error_.data(),
          .system_error = static_cast<int>(Number(CURLINFO_OS_ERRNO)),
          .proxy_status = Number(CURLINFO_HTTP_CONNECTCODE),
          .proxy_error = Number(CURLINFO_PROXY_ERROR),
          .certificate_was_wanted = certificate_request_.Seen(),
          .in_proxy_tls = IsInProxyTls(),
          .max_body_bytes = settings_.max_body_bytes,
          .reply_began = reply_->HasBegun(),
          .largest_header = has_header ? largest->first : "",
          .header_bytes = has_header ? largest->second.size() : 0,
          .host = host_,
          .proxy = ProxyForMessages(proxy_url_.Reveal())};
}

// Whether a TLS handshake that failed is one with an https:// proxy: all are
// for a plain URL, else those before its answer to CONNECT.
bool CurlExchange::IsInProxyTls() const {
  return KindOfProxy(proxy_url_.Reveal()) == ProxyKind::kHttps &&
         (IsPlain() || Number(CURLINFO_HTTP_CONNECTCODE) == 0);
}

bool CurlExchange::IsPlain() const {
  return SplitUrl(request_.url)->scheme == "http";
}

long CurlExchange::Number(CURLINFO what) const {
  long value = 0;
  curl_easy_getinfo(easy_, what, &value);
  return value;
}

}  // namespace exporter
