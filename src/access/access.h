// Keeps the web configuration in force.

#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "access/basic_auth.h"
#include "access/file_record.h"
#include "access/rate_limiter.h"
#include "access/tls_context.h"
#include "access/web_config.h"
#include "base/result.h"

namespace exporter {

// What is asked of clients, ready for use. What is not wanted is null. Safe for
// concurrent use.
struct Access {
  std::shared_ptr<const TlsContext> tls;
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<BasicAuth> passwords;
  std::shared_ptr<RateLimiter> rate_limiter;
};

// Keeps the Access of a web configuration up to date: the files are read every
// half second, and what changed counts from then on for new connections and
// requests. Faulty files are logged and change nothing, and so does one that
// would turn TLS on or off, or passwords or the list of client_allowed_sans
// off; but where that list was emptied nobody is let in any more. Current is
// safe for concurrent use.
class AccessWatcher {
 public:
  // Asks nothing of clients, ever, until Watch.
  AccessWatcher();
  ~AccessWatcher();

  // Logs warnings and faults. REQUIRES: called at most once.
  // Errors: kConfig  the file is faulty.
  Result<std::shared_ptr<const Access>> Watch(const std::string& path);

  [[nodiscard]] std::shared_ptr<const Access> Current() const;

 private:
  void Run();
  void ReadAgain();
  void TakeOver(WebConfigReport report);

  std::string path_;
  WebConfigReport in_force_;
  FileRecord files_;           // Of last_read_.
  WebConfigReport last_read_;  // Faulty or not.

  mutable std::mutex mutex_;  // Guards what follows.
  std::condition_variable wake_;
  std::shared_ptr<const Access> access_;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace exporter
