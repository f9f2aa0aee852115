#include "signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <utility>

namespace simulator {
namespace {

constexpr std::string_view kAlgorithm = "SDK-HMAC-SHA256";

std::string Hex(const unsigned char* bytes, std::size_t count) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * count);
  for (std::size_t i = 0; i < count; ++i) {
    hex += kDigits[bytes[i] >> 4U];
    hex += kDigits[bytes[i] & 0xFU];
  }
  return hex;
}

// What EVP_sha256() looks up at each use, looked up once.
const EVP_MD* Sha256() {
  static const EVP_MD* const digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return digest;
}

void AppendEncoded(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    const bool unreserved = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                            c == '.' || c == '~';
    if (unreserved) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 0xFU];
    }
  }
}

// Each segment decoded as the gateway routes by it, and encoded anew; so a
// client may write "~" or "%7E" but must sign the one right form.
void AppendUri(std::string& out, std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);  // The '/'.
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    out += '/';
    AppendEncoded(out, PercentDecode(segment));
  }
  if (out.back() != '/') out += '/';
}

void AppendQuery(std::string& out, std::string_view query) {
  if (query.empty()) return;
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::size_t value = std::min(equals + 1, pair.size());
    pairs.emplace_back(PercentDecode(pair.substr(0, equals)),
                       PercentDecode(pair.substr(value)));
  }
  std::sort(pairs.begin(), pairs.end());
  for (const auto& [key, value] : pairs) {
    AppendEncoded(out, key);
    out += '=';
    AppendEncoded(out, value);
    out += '&';
  }
  out.pop_back();
}

// Cuts "key=" off the front of `text`, then its value up to ',' or the end.
std::optional<std::string_view> TakeField(std::string_view& text,
                                          std::string_view key) {
  while (text.starts_with(' ') || text.starts_with(',')) text.remove_prefix(1);
  if (!text.starts_with(key)) return std::nullopt;
  text.remove_prefix(key.size());
  const std::string_view value = text.substr(0, text.find(','));
  text.remove_prefix(value.size());
  return value;
}

}  // namespace

std::optional<Authorization> ParseAuthorization(std::string_view header) {
  if (!header.starts_with(kAlgorithm)) return std::nullopt;
  header.remove_prefix(kAlgorithm.size());
  const auto access = TakeField(header, "Access=");
  const auto names = TakeField(header, "SignedHeaders=");
  const auto signature = TakeField(header, "Signature=");
  if (!access || !names || !signature || !header.empty()) return std::nullopt;
  Authorization authorization{
      .access_key = *access, .signed_headers = {}, .signature = *signature};
  std::string_view rest = *names;
  while (!rest.empty()) {
    const std::string_view name = rest.substr(0, rest.find(';'));
    authorization.signed_headers.push_back(name);
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
  }
  return authorization;
}

std::string CanonicalRequest(
    const Request& request,
    const std::vector<std::string_view>& signed_headers) {
  std::string text(request.method);
  text += '\n';
  std::string uri;
  AppendUri(uri, request.path);
  text.append(uri).append("\n");
  AppendQuery(text, request.query);
  text += '\n';
  std::string names;
  for (const std::string_view name : signed_headers) {
    text.append(name).append(":").append(request.Find(name)).append("\n");
    names.append(names.empty() ? "" : ";").append(name);
  }
  return text.append("\n").append(names).append("\n").append(
      HexSha256(request.body));
}

std::string Signature(std::string_view secret, std::string_view sdk_date,
                      std::string_view canonical_request) {
  std::string to_sign(kAlgorithm);
  to_sign.append("\n").append(sdk_date).append("\n");
  to_sign.append(HexSha256(canonical_request));
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  HMAC(Sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(to_sign.data()), to_sign.size(),
       mac.data(), &size);
  return Hex(mac.data(), size);
}

std::string HexSha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, Sha256(), nullptr);
  return Hex(digest.data(), size);
}

}  // namespace simulator
