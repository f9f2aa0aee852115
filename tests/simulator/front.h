// Clients' requests → the cloud → its replies, by the HTTP server of src/http.

#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "cloud.h"
#include "http/server.h"
#include "server_clock.h"

namespace simulator {

// A server's TLS settings from PEM files. With `client_ca_file`, clients must
// show a certificate of that authority.
// Errors: kConfig, when a file cannot be used.
exporter::Result<std::shared_ptr<SSL_CTX>> MakeTlsContext(
    const std::string& cert_file, const std::string& key_file,
    const std::string& client_ca_file);

// "127.0.0.1:8080", "[::1]:0" or, on all addresses, ":8080".
// Errors: kConfig, when `text` is no address.
exporter::Result<exporter::ListenAddress> ParseAddress(const std::string& text);

// A server that has `cloud` answer, on the server's thread alone. `tls` may be
// null. Both others must outlive it.
exporter::Server MakeServer(Cloud& cloud, const ServerClock& clock,
                            const exporter::ListenAddress& address,
                            std::shared_ptr<SSL_CTX> tls);

}  // namespace simulator
