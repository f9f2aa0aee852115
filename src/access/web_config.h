// Reads --web.config.file: who may ask, and how the connection is kept private.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/file_record.h"
#include "access/rate_limiter.h"
#include "access/tls_settings.h"
#include "base/fault.h"
#include "base/secret.h"

namespace exporter {

struct WebConfig {
  std::optional<TlsSettings> tls;  // None: plain HTTP.
  // Added to every answer that has none of the name; see MergePolicies for the
  // page that has one.
  std::vector<std::pair<std::string, std::string>> headers;
  std::map<std::string, Secret> users;  // bcrypt hashes; empty: no passwords.
  std::optional<RateLimit> rate_limit;

  bool operator==(const WebConfig&) const = default;
};

struct WebConfigReport {
  WebConfig config;             // To be used only without faults.
  std::vector<Fault> faults;    // All of them, in the order of the file.
  std::vector<Fault> warnings;  // What works otherwise than someone may think.

  bool operator==(const WebConfigReport&) const = default;
};

// What the file `path` says, and the files that it names; relative ones are
// beside it. Also finds out whether TLS can be spoken so. Never throws for what
// stands in a file.
// Source: exporter toolkit, docs/web-configuration.md.
WebConfigReport LoadWebConfig(const std::string& path);

// The same; `files` keeps what was read for it.
WebConfigReport LoadWebConfig(const std::string& path, FileRecord& files);

// The same for a file whose content is `text`.
WebConfigReport ParseWebConfig(std::string_view text, const std::string& path,
                               FileRecord& files);

}  // namespace exporter
