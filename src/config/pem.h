#pragma once

#include <string>

namespace exporter {

// Why `pem` holds no certificate, "holds no certificate in PEM form". Empty if
// it holds at least one.
std::string WhyNotCertificates(const std::string& pem);

// Why `key` is not the private key of the first certificate in `certificate`.
// Empty if it is. An encrypted key is none: nobody is there to be asked for its
// password.
std::string WhyNotKeyOf(const std::string& certificate, const std::string& key);

}  // namespace exporter
