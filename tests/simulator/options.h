// The command line.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "inventory.h"
#include "tasks.h"

namespace simulator {

enum class AuthMode { kNone, kToken, kSignature, kAny };
enum class MetadataMode {
  kOff,       // 404
  kPlain,     // No session tokens.
  kHardened,  // With and without one.
  kRequired,  // With one alone.
};
enum class Paging { kPage, kRecord };

struct AccessKey {
  std::string id, secret, security_token;  // The last may be empty.
};

struct IamUser {
  std::string domain, name, password;
};

// At most `requests` in `per`.
struct Rate {
  std::uint64_t requests;
  std::chrono::milliseconds per;
};

struct Options {
  using Millis = std::chrono::milliseconds;

  std::string listen = "127.0.0.1:0";
  std::string tls_cert, tls_key, tls_client_ca;

  std::vector<std::string> answers;  // Files.
  GeneratedDatasets generated;
  TaskLife life;

  Millis latency{0};
  Millis latency_jitter{0};         // Up to so much more.
  std::vector<std::string> faults;  // "MATCH=FAULT"
  std::optional<Rate> per_project_rate;
  Paging paging = Paging::kPage;

  AuthMode auth = AuthMode::kNone;
  std::vector<std::string> tokens;
  std::vector<AccessKey> access_keys;
  std::vector<IamUser> iam_users;
  std::size_t token_bytes = 2000;
  Millis token_lifetime = std::chrono::hours(24);
  unsigned lock_after = 5;  // Failures in a row; the next one locks.
  Millis lock_time = std::chrono::minutes(5);
  Millis clock_offset{0};  // What the cloud's clock is ahead.

  MetadataMode metadata = MetadataMode::kOff;
  Millis key_lifetime = std::chrono::hours(24);
  std::string pod_token;  // Empty: no pod identity.
};

// The options, or the exit status when --help or a fault of the command line
// has been printed: 0 or 2.
std::variant<Options, int> ParseCommandLine(int argc, char** argv);

}  // namespace simulator
