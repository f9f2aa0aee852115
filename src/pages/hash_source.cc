#include "pages/hash_source.h"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace exporter {

std::string HashSource(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(),
                 nullptr) != 1) {
    throw std::runtime_error("SHA-256 is not available");
  }
  std::array<unsigned char, 2 * digest.size()> base64{};
  const int characters =
      EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(length));
  return "'sha256-" + std::string(base64.begin(), base64.begin() + characters) +
         "'";
}

}  // namespace exporter
