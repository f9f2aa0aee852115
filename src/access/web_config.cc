#include "access/web_config.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "access/basic_auth.h"
#include "access/go_duration.h"
#include "access/tls_section.h"
#include "yaml/section.h"
#include "yaml/tree.h"

namespace exporter {
namespace {

struct AllowedHeader {
  std::string_view name;
  std::array<std::string_view, 2> values;  // Empty: any.
};
constexpr std::array<AllowedHeader, 5> kAllowedHeaders = {{
    {"Content-Security-Policy", {}},
    {"Strict-Transport-Security", {}},
    {"X-Content-Type-Options", {"nosniff"}},
    {"X-Frame-Options", {"deny", "sameorigin"}},
    {"X-XSS-Protection", {}},
}};

// Keeps the limiter's arithmetic within 64 bits.
constexpr std::chrono::nanoseconds kLongestBurst =
    std::chrono::hours(24 * 365 * 100);

void ReadHeader(const Section& section, const AllowedHeader& allowed,
                WebConfig& config) {
  const YamlNode* node = section.Find(allowed.name);
  // An empty one is unset, as in the toolkit.
  const bool takes_any = allowed.values.front().empty();
  if (!node ||
      (takes_any && node->content->kind == YamlContent::Kind::kScalar &&
       node->content->text.empty())) {
    return;
  }
  std::string value;
  if (!section.ReadText(allowed.name, value)) return;
  if (!takes_any &&
      std::ranges::find(allowed.values, value) == allowed.values.end()) {
    std::string expected(allowed.values[0]);
    if (!allowed.values[1].empty()) {
      expected.append(" or ").append(allowed.values[1]);
    }
    return section.Add(allowed.name, "must be " + expected);
  }
  config.headers.emplace_back(allowed.name, value);
}

void ReadHttp(const YamlNode& node, const FaultSink& sink,
              const FaultSink& warnings, WebConfig& config) {
  const Section section(node, "http_server_config", {"http2", "headers"}, sink);
  bool http2 = false;
  section.ReadBool("http2", http2);
  if (http2) {
    warnings.Add(*section.Find("http2"),
                 "http2: HTTP/1.1 is spoken here, not HTTP/2");
  }
  const YamlNode* headers = section.Find("headers");
  if (!headers) return;
  std::vector<std::string_view> names;
  names.reserve(kAllowedHeaders.size());
  for (const AllowedHeader& header : kAllowedHeaders) {
    names.push_back(header.name);
  }
  const Section allowed(*headers, "headers", std::move(names), sink);
  for (const AllowedHeader& header : kAllowedHeaders) {
    ReadHeader(allowed, header, config);
  }
}

// The keys are the users' names, so this is no Section.
void ReadUsers(const YamlNode& node, const FaultSink& sink, WebConfig& config) {
  if (node.content->kind != YamlContent::Kind::kMap) {
    return sink.Add(node, "basic_auth_users: must be a mapping (user: hash)");
  }
  for (const YamlEntry& entry : node.content->entries) {
    const auto fault = [&](const YamlNode& at, const std::string& what) {
      sink.Add(at, "basic_auth_users: " + what);
    };
    if (entry.key.find(':') != std::string_view::npos) {
      fault(entry.key_node, "a name with a colon cannot log in");
    }
    // The value is not shown: it may be the password itself.
    if (entry.value.content->kind != YamlContent::Kind::kScalar ||
        !IsBcryptHash(entry.value.content->text)) {
      fault(entry.value, "the password of '" + Printable(entry.key) +
                             "' must be a bcrypt hash ($2a$, $2b$ or $2y$)");
    } else {
      config.users.emplace(entry.key, entry.value.content->text);
    }
  }
}

void ReadRateLimit(const YamlNode& node, const FaultSink& sink,
                   WebConfig& config) {
  const Section section(node, "rate_limit", {"interval", "burst"}, sink);
  RateLimit limit{.requests = 1};
  std::string text;
  if (section.ReadText("interval", text)) {
    const auto interval = ParseGoDuration(text);
    if (!interval) {
      section.Add("interval", "must be a duration such as 1s or 100ms");
    }
    limit.per = interval.value_or(limit.per);
  }
  std::uint64_t burst = 0;
  section.ReadCount("burst", burst, 0, std::numeric_limits<int>::max());
  limit.burst = static_cast<double>(burst);
  if (limit.per.count() == 0) return;  // Off, as in the toolkit.
  if (burst == 0) {
    return section.Add("burst", "must be at least 1, or nothing is answered");
  }
  if (limit.per > kLongestBurst / static_cast<std::int64_t>(burst)) {
    return section.Add("burst", "takes more than a hundred years to fill up");
  }
  config.rate_limit = limit;
}

void Sort(std::vector<Fault>& faults) {
  std::ranges::stable_sort(faults, {}, [](const Fault& fault) {
    return std::make_tuple(fault.line, fault.column);
  });
}

}  // namespace

WebConfigReport LoadWebConfig(const std::string& path) {
  FileRecord files;
  return LoadWebConfig(path, files);
}

WebConfigReport LoadWebConfig(const std::string& path, FileRecord& files) {
  const Result<FileText> file = files.Read(path, kMaxYamlBytes);
  if (file) return ParseWebConfig(file->text, path, files);
  WebConfigReport report;
  report.faults.push_back({path, 1, 1, file.error().message});
  return report;
}

WebConfigReport ParseWebConfig(std::string_view text, const std::string& path,
                               FileRecord& files) {
  WebConfigReport report;
  const FaultSink sink{.file = path, .faults = &report.faults};
  const FaultSink warnings{.file = path, .faults = &report.warnings};
  const std::optional<YamlTree> tree = ParseYaml(text, path, report.faults);
  // An empty file asks for nothing.
  if (!tree || tree->root.content->kind == YamlContent::Kind::kNull) {
    return report;
  }
  const Section root(tree->root, "",
                     {"tls_server_config", "http_server_config",
                      "basic_auth_users", "rate_limit"},
                     sink);
  if (const YamlNode* node = root.Find("tls_server_config")) {
    report.config.tls = ReadTlsSection(*node, sink, warnings, files);
  }
  if (const YamlNode* node = root.Find("http_server_config")) {
    ReadHttp(*node, sink, warnings, report.config);
  }
  if (const YamlNode* node = root.Find("basic_auth_users")) {
    ReadUsers(*node, sink, report.config);
  }
  if (const YamlNode* node = root.Find("rate_limit")) {
    ReadRateLimit(*node, sink, report.config);
  }
  Sort(report.faults);
  Sort(report.warnings);
  return report;
}

}  // namespace exporter
