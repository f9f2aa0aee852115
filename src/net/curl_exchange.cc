#include "net/curl_exchange.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/utf8.h"
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

constexpr std::size_t kMaxDetailBytes = 300;

// Until 8.1.1, libcurl takes a first header line that begins with a blank for
// the rest of the last header of the exchange before, which it has freed: the
// other side could corrupt our memory (curl issue 11101).
bool MixesUpFoldedLines() {
  static const bool does =
      curl_version_info(CURLVERSION_NOW)->version_num < 0x080101;
  return does;
}

bool BeginsWithBlank(std::string_view line) {
  return line.starts_with(' ') || line.starts_with('\t');
}

const Transport& DefaultTransport() {
  static const Transport transport;
  return transport;
}

std::string Environment(const char* lower, const char* upper) {
  for (const char* name : {lower, upper}) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

// Whether `text` can stand in a header: nothing ends the line or hides in it.
bool FitsInALine(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7F';
  });
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// What a peer or a library said, fit for a message: one line, bounded, UTF-8.
std::string OneLine(std::string_view text) {
  std::string line = ToUtf8(Trim(text.substr(0, kMaxDetailBytes)));
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; },
      ' ');
  return line;
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
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

bool IsAddress(std::string_view host) {
  in_addr ignored{};
  return host.starts_with('[') ||
         inet_pton(AF_INET, std::string(host).c_str(), &ignored) == 1;
}

}  // namespace

ProxyEnvironment ReadProxyEnvironment() {
  return {.https_proxy = Environment("https_proxy", "HTTPS_PROXY"),
          .http_proxy = Environment("http_proxy", "HTTP_PROXY"),
          .no_proxy = Environment("no_proxy", "NO_PROXY")};
}

CurlExchange::CurlExchange(const ExchangeSettings& settings)
    : settings_(settings), easy_(curl_easy_init()) {
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
  Set(CURLOPT_USERAGENT, OrNull(settings_.user_agent));
  Set(CURLOPT_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_2TLS});
  Set(CURLOPT_ACCEPT_ENCODING, "gzip");
  Set(CURLOPT_MAXFILESIZE_LARGE,
      static_cast<curl_off_t>(settings_.max_body_bytes));
  Set(CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
  Set(CURLOPT_PATH_AS_IS, 1L);  // What was signed is what is sent.
  Set(CURLOPT_TCP_KEEPALIVE, 1L);
  Set(CURLOPT_TCP_KEEPIDLE, 30L);
  Set(CURLOPT_TCP_KEEPINTVL, 10L);
  Set(CURLOPT_MAXLIFETIME_CONN, kMaxConnectionAgeSeconds);
  Set(CURLOPT_CA_CACHE_TIMEOUT, kCaCacheSeconds);
  Set(CURLOPT_DNS_CACHE_TIMEOUT, long{kNameLifetime.count()});
  Set(CURLOPT_SSL_SESSIONID_CACHE, 0L);  // It is kept per handle: no gain.
  Set(CURLOPT_NOSIGNAL, 1L);
  // Without it, giving up on a name server that does not answer waits for the
  // thread that asks it, and the whole loop with it.
  Set(CURLOPT_QUICK_EXIT, 1L);
  SetTransport(DefaultTransport(), https_);
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
  const auto url = SplitUrl(request.url);
  if (!url) return Error{ErrorKind::kConnect, "not a URL"};
  for (const auto& [name, value] : request.headers) {
    if (!FitsInALine(name) || !FitsInALine(value)) {
      return Error{ErrorKind::kCredentials,
                   "header " + OneLine(name) + " holds a control character"};
    }
  }
  const bool https = url->scheme == "https";
  const Transport& transport =
      request.transport ? *request.transport : DefaultTransport();
  const Transport& present = transport_ ? *transport_ : DefaultTransport();
  if (https != https_ || (&transport != &present && transport != present)) {
    SetTransport(transport, https);
  }
  https_ = https;
  transport_ = request.transport;
  SetNameToFind(url->host);

  const std::string& server_name = transport.server_name;
  if (https && !server_name.empty() && server_name != url->host) {
    // libcurl asks for and expects the name in the URL, so that has to be the
    // one we were told; the connection and the Host header keep the real one.
    const std::string host_header = HostHeader(*url);
    const std::string_view port = url->port.empty() ? "443" : url->port;
    const std::string real = "::" + std::string(url->host) + ":";
    connect_to_.reset(
        curl_slist_append(nullptr, (real + std::string(port)).c_str()));
    std::string renamed = "https://" + server_name + ":";
    renamed.append(port).append(url->path);
    if (!url->query.empty()) renamed.append("?").append(url->query);
    Set(CURLOPT_CONNECT_TO, connect_to_.get());
    Set(CURLOPT_URL, renamed.c_str());
    request_ = std::move(request);
    SetHeaders(host_header);
  } else {
    if (connect_to_) Set(CURLOPT_CONNECT_TO, nullptr);
    connect_to_.reset();
    Set(CURLOPT_URL, request.url.c_str());
    request_ = std::move(request);
    SetHeaders("");
  }
  SetMethod();

  lookup_ = Lookup::kUnderWay;
  reply_ = {};
  header_bytes_ = 0;
  in_header_ = true;
  status_line_next_ = true;
  line_is_open_ = false;
  not_http_ = false;
  too_large_ = false;
  error_.front() = '\0';
  return std::nullopt;
}

void CurlExchange::SetTimeout(std::chrono::milliseconds timeout) {
  Set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
}

void CurlExchange::SetTransport(const Transport& transport, bool https) {
  const ProxyEnvironment& environment = settings_.environment;
  // An empty proxy keeps libcurl from looking at the environment itself, where
  // it would miss HTTP_PROXY in capitals.
  if (transport.proxy_from_environment) {
    Set(CURLOPT_PROXY,
        (https ? environment.https_proxy : environment.http_proxy).c_str());
    Set(CURLOPT_NOPROXY, environment.no_proxy.c_str());
  } else {
    Set(CURLOPT_PROXY, transport.proxy_url.Reveal().c_str());
    Set(CURLOPT_NOPROXY, "");
  }

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

void CurlExchange::SetNameToFind(std::string_view host) {
  const Transport& transport = transport_ ? *transport_ : DefaultTransport();
  name_to_find_.clear();
  if (!transport.proxy_url.Empty()) {
    name_to_find_.append(host).append(" by ").append(
        transport.proxy_url.Reveal());
  } else if (transport.proxy_from_environment) {
    // Whether by the proxy or not is the same for all of these.
    name_to_find_.append(host).append(https_ ? " by https" : " by http");
  } else if (!IsAddress(host)) {
    name_to_find_ = host;
  }
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

// `host_header` is sent unless it is empty.
void CurlExchange::SetHeaders(std::string_view host_header) {
  List list;
  const auto append = [&list](const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    (void)list.release();
    list.reset(longer);
  };
  bool has_content_type = false;
  std::string line;
  for (const auto& [name, value] : request_.headers) {
    has_content_type |= name == "Content-Type";
    // libcurl takes "Name:" as a wish to leave the header out.
    line.assign(name).append(value.empty() ? ";" : ": ").append(value);
    append(line);
  }
  if (!host_header.empty()) append("Host: " + std::string(host_header));
  if (!has_content_type && request_.method != "GET") append("Content-Type:");
  Set(CURLOPT_HTTPHEADER, list.get());
  headers_ = std::move(list);
}

int CurlExchange::OnSocketMade(void* self, curl_socket_t socket,
                               curlsocktype /*purpose*/) {
  static_cast<CurlExchange*>(self)->lookup_ = Lookup::kFound;
  // Where it is not supported, the timeouts of the single requests still hold.
  (void)setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUnacknowledgedMs,
                   sizeof(kUnacknowledgedMs));
  return CURL_SOCKOPT_OK;
}

int CurlExchange::OnConnected(void* self, char* /*peer_ip*/, char* /*local_ip*/,
                              int /*peer_port*/, int /*local_port*/) {
  Lookup& lookup = static_cast<CurlExchange*>(self)->lookup_;
  if (lookup == Lookup::kUnderWay) lookup = Lookup::kNotNeeded;
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

// False if libcurl must not see the line that it has just received. A long one
// comes in pieces.
bool CurlExchange::GuardHeader(std::string_view piece) {
  not_http_ =
      !line_is_open_ && reply_.headers.empty() && BeginsWithBlank(piece);
  line_is_open_ = !piece.ends_with('\n');
  return !not_http_;
}

// False if it is too much.
bool CurlExchange::TakeHeader(std::string_view line) {
  header_bytes_ += line.size();
  too_large_ = header_bytes_ > settings_.max_header_bytes;
  if (too_large_) return false;
  if (!in_header_) return true;  // A trailer.
  if (std::exchange(status_line_next_, false)) {
    reply_.headers.clear();  // What came before was an interim reply's.
    return true;
  }
  if (Trim(line).empty()) {
    const long status = Number(CURLINFO_RESPONSE_CODE);
    in_header_ = status_line_next_ = status / 100 == 1 && status != 101;
    return true;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || BeginsWithBlank(line)) return true;
  reply_.headers.emplace_back(Trim(line.substr(0, colon)),
                              Trim(line.substr(colon + 1)));
  return true;
}

// False if it is too much.
bool CurlExchange::TakeBody(std::string_view bytes) {
  if (in_header_ && MixesUpFoldedLines()) return GuardHeader(bytes);
  too_large_ = bytes.size() > settings_.max_body_bytes - reply_.body.size();
  if (!too_large_) reply_.body += bytes;
  return !too_large_;
}

Result<HttpReply> CurlExchange::Finish(CURLcode code) {
  if (code != CURLE_OK) return Fail(Explain(code));
  // libcurl is content with a header that was cut.
  if (in_header_) return Fail(Explain(CURLE_PARTIAL_FILE));
  const long status = Number(CURLINFO_RESPONSE_CODE);
  // libcurl is content with any number of digits.
  if (status < 100 || status > 999) {
    return Fail(Explain(CURLE_WEIRD_SERVER_REPLY));
  }
  reply_.status = static_cast<int>(status);
  return std::move(reply_);
}

// libcurl's own words are used for TLS alone, where they say the most: for
// proxies they may hold the password, for other things the URL's query.
Error CurlExchange::Explain(CURLcode code) const {
  const std::string_view detail = error_.data();
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return ExplainTimeout();

    case CURLE_WRITE_ERROR:  // One of our callbacks refused.
      if (not_http_) return ExplainBrokenLine(CURLE_WEIRD_SERVER_REPLY);
      if (!too_large_) return ExplainBrokenLine(code);
      [[fallthrough]];
    case CURLE_FILESIZE_EXCEEDED:
      if (header_bytes_ <= settings_.max_header_bytes) {
        return {ErrorKind::kTooLarge,
                "the body is larger than " +
                    std::to_string(settings_.max_body_bytes) + " bytes"};
      }
      [[fallthrough]];
    case CURLE_OUT_OF_MEMORY:  // Said of a header line over 100 kB.
      return {ErrorKind::kTooLarge, "the header is too large"};

    case CURLE_SSL_CONNECT_ERROR:
      // The line broke in the handshake; nobody refused anything.
      if (Contains(detail, "reset by peer") ||
          Contains(detail, "SSL_ERROR_SYSCALL")) {
        return ExplainBrokenLine(code);
      }
      [[fallthrough]];
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_SHUTDOWN_FAILED:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
      return {ErrorKind::kTls,
              OneLine(detail.empty() ? curl_easy_strerror(code) : detail)};

    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      // In TLS 1.3 a server refuses our certificate after the handshake.
      if (Contains(detail, "SSL") && Contains(detail, "alert")) {
        return {ErrorKind::kTls, OneLine(detail)};
      }
      [[fallthrough]];
    default:
      return ExplainBrokenLine(code);
  }
}

Error CurlExchange::ExplainTimeout() const {
  std::string_view phase = "while looking up the name";
  if (Reached(CURLINFO_STARTTRANSFER_TIME_T)) {
    phase = "while reading the reply";
  } else if (Reached(CURLINFO_PRETRANSFER_TIME_T)) {
    phase = "while waiting for the reply";
  } else if (Reached(CURLINFO_NAMELOOKUP_TIME_T)) {
    phase = "while connecting";  // Or in the handshake; libcurl cannot tell.
  }
  return {ErrorKind::kTimeout, "deadline passed " + std::string(phase)};
}

Error CurlExchange::ExplainBrokenLine(CURLcode code) const {
  const auto url = SplitUrl(request_.url);
  const std::string host = HostHeader(*url);
  const long system_error = Number(CURLINFO_OS_ERRNO);
  const long proxy_status = Number(CURLINFO_HTTP_CONNECTCODE);
  const std::string reason =
      system_error == 0
          ? std::string(curl_easy_strerror(code))
          : std::generic_category().message(static_cast<int>(system_error));
  const auto connect_error = [&](const std::string& message) {
    return Error{ErrorKind::kConnect, message};
  };

  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return connect_error("name lookup failed: " + std::string(url->host));
    case CURLE_COULDNT_RESOLVE_PROXY:
      return connect_error("name lookup of the proxy failed");
    case CURLE_COULDNT_CONNECT:
      return connect_error("connecting to " + host + ": " + reason);
    case CURLE_GOT_NOTHING:
      return connect_error(host + " closed the connection without a reply");
    case CURLE_PARTIAL_FILE:
      return connect_error("the reply of " + host + " was cut short");
    case CURLE_BAD_CONTENT_ENCODING:
      return connect_error("the reply of " + host + " cannot be decompressed");
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return connect_error("the reply of " + host + " is not HTTP");
    default:
      if (proxy_status != 0 && proxy_status / 100 != 2) {
        return connect_error("the proxy answered " +
                             std::to_string(proxy_status));
      }
      return connect_error("the line to " + host + " broke: " + reason);
  }
}

long CurlExchange::Number(CURLINFO what) const {
  long value = 0;
  curl_easy_getinfo(easy_, what, &value);
  return value;
}

bool CurlExchange::Reached(CURLINFO time_of_phase) const {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(easy_, time_of_phase, &microseconds);
  return microseconds != 0;
}

}  // namespace exporter
