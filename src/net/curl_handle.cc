#include "net/curl_handle.h"

#include <algorithm>
#include <new>
#include <stdexcept>

#include "net/connection_generations.h"

namespace exporter {
namespace {

// Small, since a thousand exchanges may each hold one; replies are small too.
constexpr long kReceiveBufferBytes = 2048;

// Connections are made anew after a while, so that a change of addresses is
// seen even by those which are never idle.
constexpr long kMaxConnectionAgeSeconds = 600;

// Parsing the system's certificates takes milliseconds, so libcurl keeps them;
// no longer than this, so that a renewed file is seen.
constexpr long kCaCacheSeconds = 60;

constexpr const char* kAcceptEncoding = "gzip";

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

}  // namespace

CurlHandle::CurlHandle(const ExchangeSettings& settings)
    : settings_(settings), easy_(curl_easy_init()), handshakes_(easy_) {
  if (easy_ == nullptr) throw std::bad_alloc();
  Set(CURLOPT_ERRORBUFFER, error_.data());
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

CurlHandle::~CurlHandle() { curl_easy_cleanup(easy_); }

void CurlHandle::Check(CURLoption option, CURLcode code) {
  if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLE_OK) {
    throw std::logic_error("curl_easy_setopt(" + std::to_string(option) +
                           "): " + curl_easy_strerror(code));
  }
}

std::optional<Error> CurlHandle::SetRequest(const HttpRequest& request) {
  if (!IsAtOrigin(request)) {
    const auto url = SplitUrl(request.url);
    if (!url) return Error{ErrorKind::kConnect, "not a URL"};
    SetOrigin(request, *url);
  }
  for (const auto& [name, value] : request.headers) {
    if (FitsInALine(name) && FitsInALine(value)) continue;
    // As much of the name as is one.
    return Error{ErrorKind::kCredentials,
                 "header " + name.substr(0, name.find_first_of("\r\n")) +
                     " holds a control character"};
  }
  SetTarget(request.url);
  SetHeaders(request);
  SetMethod(request);
  ForgetError();
  return std::nullopt;
}

// Whether all but the target of `request` is set.
bool CurlHandle::IsAtOrigin(const HttpRequest& request) const {
  if (origin_.empty() || !request.url.starts_with(origin_)) return false;
  if (!IsUrlTarget(std::string_view(request.url).substr(origin_.size()))) {
    return false;
  }
  return request.transport == transport_ ||
         (request.transport && transport_ && *request.transport == *transport_);
}

void CurlHandle::SetOrigin(const HttpRequest& request, const UrlParts& url) {
  origin_.clear();  // Until all of it is set.
  const Transport& transport =
      request.transport ? *request.transport : DefaultTransport();
  const Transport& present = transport_ ? *transport_ : DefaultTransport();
  if (&transport != &present && transport != present) SetTransport(transport);
  transport_ = request.transport;
  SetProxy(ProxyFor(url, transport, settings_.environment));
  addresses_.Need(url, ProxyUrl());
  host_ = HostHeader(url);
  route_ = host_;
  for (const std::string& part :
       {ProxyForMessages(ProxyUrl()), transport.ca_file, transport.cert_file,
        transport.server_name,
        std::to_string(static_cast<int>(transport.min_version)),
        std::string(transport.insecure_skip_verify ? "insecure" : "")}) {
    route_.append(1, ' ').append(part);
  }
  plain_ = url.scheme == "http";
  SetUrl(request, url);
}

void CurlHandle::SetTimeout(std::chrono::milliseconds timeout) {
  Set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
}

void CurlHandle::SetFresh(bool fresh) {
  if (fresh == std::exchange(fresh_, fresh)) return;
  Set(CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
}

void CurlHandle::SetClosing(bool closing) {
  if (closing == std::exchange(closing_, closing)) return;
  Set(CURLOPT_FORBID_REUSE, closing ? 1L : 0L);
}

// libcurl has no call by which to leave a connection that others use. But it
// shares connections only between handles with the same options of TLS, and
// these three of them are for Schannel and do nothing in OpenSSL (7.88, 8.14,
// 8.22).
void CurlHandle::JoinGeneration(unsigned generation) {
  if (generation == generation_) return;
  generation_ = generation;
  static_assert(ConnectionGenerations::kGenerations <= 8);
  Set(CURLOPT_SSL_OPTIONS,
      ((generation & 1U) != 0 ? long{CURLSSLOPT_NO_REVOKE} : 0L) |
          ((generation & 2U) != 0 ? long{CURLSSLOPT_REVOKE_BEST_EFFORT} : 0L) |
          ((generation & 4U) != 0 ? long{CURLSSLOPT_AUTO_CLIENT_CERT} : 0L));
}

void CurlHandle::SetTransport(const Transport& transport) {
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

void CurlHandle::SetProxy(const std::string& proxy_url) {
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

// A short URL, since libcurl writes it letter by letter for each request, and
// what follows the origin as it is. A proxy that is asked in plain HTTP needs
// the whole URL.
//
// libcurl asks for and expects the name in the URL, so that has to be the one
// we were told; the connection and the Host header keep the real one.
void CurlHandle::SetUrl(const HttpRequest& request, const UrlParts& url) {
  const std::string server_name =
      request.transport ? request.transport->server_name : "";
  const bool renamed =
      !plain_ && !server_name.empty() && server_name != url.host;
  const auto origin_end =
      std::min(request.url.find_first_of("/?", url.scheme.size() + 3),
               request.url.size());
  std::string origin = request.url.substr(0, origin_end);
  CurlList connect_to;
  if (renamed) {
    const std::string_view port = url.port.empty() ? "443" : url.port;
    std::string real = "::";
    real.append(url.host).append(":").append(port);
    connect_to.reset(curl_slist_append(nullptr, real.c_str()));
    if (!connect_to) throw std::bad_alloc();
    std::string named = "https://" + server_name + ":";
    named.append(port).append("/");
    Set(CURLOPT_URL, named.c_str());
  } else {
    Set(CURLOPT_URL, (origin + "/").c_str());
  }
  Set(CURLOPT_CONNECT_TO, connect_to.get());
  connect_to_ = std::move(connect_to);
  origin_ = std::move(origin);
}

void CurlHandle::SetTarget(const std::string& url) {
  if (plain_ && !proxy_url_.Empty() &&
      KindOfProxy(proxy_url_.Reveal()) != ProxyKind::kSocks) {
    Set(CURLOPT_URL, url.c_str());
    Set(CURLOPT_REQUEST_TARGET, nullptr);
    return;
  }
  const char* target = url.c_str() + origin_.size();
  if (*target == '/') {
    Set(CURLOPT_REQUEST_TARGET, target);
  } else {
    std::string whole = "/";
    whole += target;
    Set(CURLOPT_REQUEST_TARGET, whole.c_str());
  }
}

void CurlHandle::SetAddresses(
    const std::vector<NameCache::Addresses>& addresses) {
  const CurlAddresses::Told told = addresses_.Tell(addresses);
  if (told.is_new) Set(CURLOPT_RESOLVE, told.entries);
}

void CurlHandle::SetMethod(const HttpRequest& request) {
  const bool asks = request.method == "GET";
  if (asks && asks_) return;
  asks_ = asks;
  if (asks) {
    Set(CURLOPT_HTTPGET, 1L);
    Set(CURLOPT_CUSTOMREQUEST, nullptr);
    return;
  }
  Set(CURLOPT_POST, 1L);
  Set(CURLOPT_POSTFIELDS, request.body.c_str());
  Set(CURLOPT_POSTFIELDSIZE_LARGE,
      static_cast<curl_off_t>(request.body.size()));
  Set(CURLOPT_CUSTOMREQUEST,
      request.method == "POST" ? nullptr : request.method.c_str());
}

void CurlHandle::SetHeaders(const HttpRequest& request) {
  headers_.Clear();
  // Ours, since libcurl rewrites some: what was signed is what is sent. Those
  // that follow it would write letter by letter, twice for each request.
  headers_.Add("Host", host_);
  if (!settings_.user_agent.empty() && proxy_url_.Empty()) {
    headers_.Add("User-Agent", settings_.user_agent);
  }
  headers_.Add("Accept-Encoding", kAcceptEncoding);
  bool has_content_type = false;
  for (const auto& [name, value] : request.headers) {
    has_content_type |= name == "Content-Type";
    headers_.Add(name, value);
  }
  if (!has_content_type && request.method != "GET") {
    headers_.LeaveOut("Content-Type");
  }
  Set(CURLOPT_HTTPHEADER, headers_.Lines());
}

long CurlHandle::Number(CURLINFO what) const {
  long value = 0;
  curl_easy_getinfo(easy_, what, &value);
  return value;
}

void CurlHandle::ForgetError() {
  handshakes_.Forget();
  error_.front() = '\0';
}

}  // namespace exporter
