#include "access/basic_auth.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/header_text.h"

namespace exporter {
namespace {

// As many as there are honest clients several times over.
constexpr std::size_t kMaxVerified = 256;

bool IsBcryptText(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || c == '.' || c == '/';
  });
}

bool Matches(const std::string& password, const std::string& hash) {
  const auto scratch = std::make_unique<crypt_data>();
  // Not crypt_r: sanitizers put their own before it, and the linker then leaves
  // the library out.
  const char* computed = crypt_rn(password.c_str(), hash.c_str(), scratch.get(),
                                  static_cast<int>(sizeof *scratch));
  const bool matches = computed &&
                       std::string_view(computed).size() == hash.size() &&
                       CRYPTO_memcmp(computed, hash.data(), hash.size()) == 0;
  OPENSSL_cleanse(scratch.get(), sizeof *scratch);
  return matches;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::vector<unsigned char> bytes(text.size() / 4 * 3);
  const int size = EVP_DecodeBlock(
      bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
      static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  // OpenSSL counts the padding as zero bytes.
  const auto padding =
      text.ends_with("==") ? 2 : static_cast<int>(text.ends_with("="));
  return std::string(bytes.begin(), bytes.begin() + (size - padding));
}

}  // namespace

// "$2b$10$" + 22 characters of salt + 31 of hash.
bool IsBcryptHash(std::string_view hash) {
  if (hash.size() != 60 || !hash.starts_with("$2") || hash[3] != '$' ||
      hash[6] != '$' ||
      std::string_view("aby").find(hash[2]) == std::string_view::npos) {
    return false;
  }
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!is_digit(hash[4]) || !is_digit(hash[5])) return false;
  const int cost = (hash[4] - '0') * 10 + (hash[5] - '0');
  return cost >= 4 && cost <= 31 && IsBcryptText(hash.substr(7));
}

std::optional<BasicCredentials> ParseBasicCredentials(std::string_view header) {
  constexpr std::string_view kScheme = "Basic ";
  if (!EqualsIgnoringCase(header.substr(0, kScheme.size()), kScheme)) {
    return std::nullopt;
  }
  header.remove_prefix(kScheme.size());
  header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
  const std::optional<std::string> decoded = DecodeBase64(header);
  if (!decoded) return std::nullopt;
  const std::size_t colon = decoded->find(':');
  // A NUL would end the password early for crypt_r.
  if (colon == std::string::npos || decoded->find('\0') != std::string::npos) {
    return std::nullopt;
  }
  return BasicCredentials{.user = decoded->substr(0, colon),
                          .password = Secret(decoded->substr(colon + 1))};
}

BasicAuth::BasicAuth(std::map<std::string, Secret> hashes)
    : hashes_(std::move(hashes)) {
  if (RAND_bytes(digest_key_.data(), static_cast<int>(digest_key_.size())) !=
      1) {
    throw std::runtime_error("OpenSSL: no random numbers");
  }
}

BasicAuth::Digest BasicAuth::DigestOf(
    const BasicCredentials& credentials) const {
  // Neither holds a NUL, so the two cannot run into each other.
  std::string text = credentials.user;
  text += '\0';
  text += credentials.password.Reveal();
  Digest digest{};
  unsigned int size = digest.size();
  HMAC(EVP_sha256(), digest_key_.data(), static_cast<int>(digest_key_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       digest.data(), &size);
  OPENSSL_cleanse(text.data(), text.size());
  return digest;
}

bool BasicAuth::Remembers(const Digest& credentials) const {
  const std::lock_guard lock(mutex_);
  return verified_.contains(credentials);
}

// One of the hashes, always the same for the same stranger: with users of
// different cost, time tells strangers as little as with one.
const std::string& BasicAuth::SomeHash(const std::string& stranger) const {
  const Digest digest = DigestOf({.user = stranger, .password = {}});
  const std::size_t index = (digest[0] * 256U + digest[1]) % hashes_.size();
  return std::next(hashes_.begin(), static_cast<std::ptrdiff_t>(index))
      ->second.Reveal();
}

bool BasicAuth::Verify(const BasicCredentials& credentials) {
  const auto user = hashes_.find(credentials.user);
  const bool is_known = user != hashes_.end();
  const std::string& hash =
      is_known ? user->second.Reveal() : SomeHash(credentials.user);
  const bool matches = Matches(credentials.password.Reveal(), hash);
  if (!is_known || !matches) return false;

  const Digest digest = DigestOf(credentials);
  const std::lock_guard lock(mutex_);
  // bcrypt reads 72 bytes: one password has endlessly many right spellings.
  if (verified_.size() >= kMaxVerified) verified_.clear();
  verified_.insert(digest);
  return true;
}

}  // namespace exporter
