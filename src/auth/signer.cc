#include "auth/signer.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/c_pointer.h"
#include "base/header_text.h"
#include "net/url.h"

namespace exporter {
namespace {

constexpr std::string_view kAlgorithm = "SDK-HMAC-SHA256";
constexpr std::string_view kSha256OfNothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// What is signed of the headers where it is sent, in the order of the
// signature.
constexpr std::array<std::string_view, 5> kSignedHeaders = {
    "content-type", "host", "x-project-id", "x-sdk-date", "x-security-token"};

using Digest = std::array<unsigned char, 32>;

void AppendHex(std::string& text, const Digest& digest) {
  constexpr char kHex[] = "0123456789abcdef";
  for (const unsigned char byte : digest) {
    text += kHex[byte >> 4U];
    text += kHex[byte & 0xFU];
  }
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// OpenSSL's contexts, made once for each thread: since version 3 it looks the
// algorithm up by its name for each one-shot call, which takes longer than the
// digest itself.
class Sha256 {
 public:
  static Sha256& OfThisThread() {
    thread_local Sha256 sha256;
    return sha256;
  }

  Digest Hash(std::string_view data) {
    Digest digest;
    Check(EVP_DigestInit_ex2(hash_.get(), algorithm_.get(), nullptr));
    Check(EVP_DigestUpdate(hash_.get(), data.data(), data.size()));
    Check(EVP_DigestFinal_ex(hash_.get(), digest.data(), nullptr));
    return digest;
  }

  Digest Hmac(const Secret& key, std::string_view data) {
    Digest digest;
    std::size_t length = 0;
    if (key == hmac_key_ && !key.Empty()) {
      // It still knows what it made of the key.
      Check(EVP_MAC_init(hmac_.get(), nullptr, 0, nullptr));
    } else {
      const std::string& text = key.Reveal();
      hmac_key_ = Secret();
      Check(EVP_MAC_init(hmac_.get(), Bytes(text), text.size(), nullptr));
      hmac_key_ = key;
    }
    Check(EVP_MAC_update(hmac_.get(), Bytes(data), data.size()));
    Check(EVP_MAC_final(hmac_.get(), digest.data(), &length, digest.size()));
    return digest;
  }

 private:
  Sha256()
      : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)),
        hash_(EVP_MD_CTX_new()) {
    const CPointer<EVP_MAC, EVP_MAC_free> mac(
        EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    hmac_.reset(EVP_MAC_CTX_new(mac.get()));
    Check(algorithm_ && hash_ && hmac_);
    std::string name = "SHA256";
    const std::array<OSSL_PARAM, 2> parameters = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
        OSSL_PARAM_construct_end()};
    Check(EVP_MAC_CTX_set_params(hmac_.get(), parameters.data()));
  }

  // Nothing from outside makes OpenSSL fail here, a broken installation does.
  static void Check(int success) {
    if (success != 1) throw std::runtime_error("OpenSSL has no HMAC-SHA256");
  }

  CPointer<EVP_MD, EVP_MD_free> algorithm_;
  CPointer<EVP_MD_CTX, EVP_MD_CTX_free> hash_;
  CPointer<EVP_MAC_CTX, EVP_MAC_CTX_free> hmac_;
  Secret hmac_key_;  // The one that hmac_ knows.
};

// e.g. "20191115T033655Z"
std::string FormatSdkDate(WallTime time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  std::string text = "00000000T000000Z";
  const auto write = [&text](std::size_t at, std::size_t digits,
                             std::int64_t number) {
    for (; digits > 0; --digits, number /= 10) {
      text[at + digits - 1] = static_cast<char>('0' + number % 10);
    }
  };
  write(0, 4, static_cast<int>(date.year()));
  write(4, 2, static_cast<unsigned>(date.month()));
  write(6, 2, static_cast<unsigned>(date.day()));
  write(9, 2, clock.hours().count());
  write(11, 2, clock.minutes().count());
  write(13, 2, clock.seconds().count());
  return text;
}

// The URL came percent-encoded; the gateway may have seen it decoded and
// encodes it in one certain way, so we decode and encode it likewise.
void AppendNormalized(std::string& text, std::string_view encoded) {
  if (encoded.find('%') == std::string_view::npos) {
    AppendPercentEncoded(text, encoded);
  } else {
    AppendPercentEncoded(text, PercentDecode(encoded));
  }
}

std::string Normalize(std::string_view encoded) {
  std::string text;
  AppendNormalized(text, encoded);
  return text;
}

// What stands before the first `separator` in `rest`, which is left with what
// follows it; all of it if there is none.
std::string_view TakePiece(std::string_view& rest, char separator) {
  const std::string_view piece = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(piece.size() + 1, rest.size()));
  return piece;
}

void AppendCanonicalPath(std::string& text, std::string_view path) {
  while (!path.empty()) {
    AppendNormalized(text, TakePiece(path, '/'));
    text += '/';
  }
}

void AppendCanonicalQuery(std::string& text, std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    std::string_view value = TakePiece(query, '&');
    if (value.empty()) continue;
    std::string key = Normalize(TakePiece(value, '='));
    parameters.emplace_back(std::move(key), Normalize(value));
  }
  std::sort(parameters.begin(), parameters.end());
  for (const auto& [key, value] : parameters) {
    if (&key != &parameters.front().first) text += '&';
    text += key;
    text += '=';
    text += value;
  }
}

std::string AuthorizationPrefix(const SigningKey& key) {
  return std::string(kAlgorithm) + " Access=" + key.id.Reveal() + ',';
}

// None if there is no such header. `name` in any case.
std::optional<std::string_view> RequestHeader(const HttpRequest& request,
                                              std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (EqualsIgnoringCase(key, name)) return value;
  }
  return std::nullopt;
}

}  // namespace

HttpRequest Sign(HttpRequest request, const SigningKey& key, WallTime now) {
  const auto url = SplitUrl(request.url);
  if (!url) throw std::logic_error("Sign: not a URL");
  Sha256& sha256 = Sha256::OfThisThread();

  const std::string date = FormatSdkDate(now);
  request.headers.emplace_back("X-Sdk-Date", date);
  if (!key.security_token.Empty()) {
    request.headers.emplace_back("X-Security-Token",
                                 key.security_token.Reveal());
  }

  const std::string host = HostHeader(*url);
  std::string canonical;
  canonical.reserve(request.url.size() + host.size() +
                    key.security_token.Reveal().size() + 512);
  canonical += request.method;
  canonical += '\n';
  AppendCanonicalPath(canonical, url->path);
  canonical += '\n';
  AppendCanonicalQuery(canonical, url->query);
  canonical += '\n';
  std::string names;
  for (const std::string_view name : kSignedHeaders) {
    const std::optional<std::string_view> value =
        name == "host" ? host : RequestHeader(request, name);
    if (!value) continue;
    if (!names.empty()) names += ';';
    names += name;
    canonical += name;
    canonical += ':';
    canonical += TrimBlanks(*value);
    canonical += '\n';
  }
  canonical += '\n';
  canonical += names;
  canonical += '\n';
  if (request.body.empty()) {
    canonical += kSha256OfNothing;
  } else {
    AppendHex(canonical, sha256.Hash(request.body));
  }

  std::string to_sign;
  to_sign.reserve(128);
  to_sign += kAlgorithm;
  to_sign += '\n';
  to_sign += date;
  to_sign += '\n';
  AppendHex(to_sign, sha256.Hash(canonical));

  std::string authorization = AuthorizationPrefix(key);
  authorization.reserve(authorization.size() + names.size() + 128);
  authorization += " SignedHeaders=";
  authorization += names;
  authorization += ", Signature=";
  AppendHex(authorization, sha256.Hmac(key.secret, to_sign));
  request.headers.emplace_back("Authorization", std::move(authorization));
  return request;
}

bool IsSignedWith(const HttpRequest& request, const SigningKey& key) {
  return RequestHeader(request, "Authorization")
             .value_or("")
             .starts_with(AuthorizationPrefix(key)) &&
         RequestHeader(request, "X-Security-Token").value_or("") ==
             key.security_token.Reveal();
}

}  // namespace exporter
