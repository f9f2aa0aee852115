#include "config/project_reader.h"

#include <re2/re2.h>

#include <array>
#include <cstdlib>

#include "config/credentials_reader.h"
#include "config/endpoint.h"
#include "config/pem.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

// Where region and cloud have `service`, e.g. "modelarts".
Result<std::string> EndpointOf(const std::string& service,
                               const ProjectConfig& project) {
  return NormalizeEndpoint("https://" + service + "." + project.region + "." +
                           project.cloud);
}

void ReadAddress(const Section& section, ProjectConfig& project) {
  const bool has_endpoint = section.Find("endpoint") != nullptr;
  section.ReadText("region", project.region);
  std::string cloud;
  if (section.ReadText("cloud", cloud)) {
    if (IsHostName(cloud)) {
      project.cloud = cloud;
    } else {
      section.Add("cloud", "must be a domain such as myhuaweicloud.com");
    }
  }
  if (has_endpoint) {
    std::string text;
    if (!section.ReadText("endpoint", text)) return;
    const Result<std::string> url = NormalizeEndpoint(text);
    if (!url) return section.Add("endpoint", url.error().message);
    project.endpoint = *url;
  } else if (section.Find("region") == nullptr) {
    section.Add("region", "is missing; give it or 'endpoint'");
  } else if (!project.region.empty() && !IsHostName(project.region)) {
    section.Add("region", "must be a region such as cn-north-4");
  } else if (!project.region.empty()) {
    const Result<std::string> url = EndpointOf("modelarts", project);
    if (!url) {
      return section.Add("region",
                         "gives an endpoint that " + url.error().message);
    }
    project.endpoint = *url;
  }
}

// Where a password goes unless `iam_endpoint` says; empty where it has to. An
// endpoint that is not the default cloud's own may be any cloud's, and a
// password is nothing to try another with. REQUIRES: ReadAddress.
std::string DefaultIamEndpoint(const Section& section,
                               const ProjectConfig& project) {
  // Only an address at fault leaves it empty: that one fault is enough.
  if (project.endpoint.empty()) return "none";
  const Result<std::string> iam = EndpointOf("iam", project);
  if (!IsHostName(project.region) || !iam) return "";
  if (section.Find("endpoint") == nullptr || section.Find("cloud") != nullptr) {
    return *iam;
  }
  const Result<std::string> own = EndpointOf("modelarts", project);
  return own && *own == project.endpoint ? *iam : "";
}

RateLimit ReadRateLimit(const YamlNode& node, const Source& source) {
  const Section section(node, "rate_limit", {"requests", "per", "burst"},
                        source.faults);
  std::uint64_t requests = 1;
  std::uint64_t burst = 1;
  std::chrono::milliseconds per{};
  if (node.content->kind == YamlContent::Kind::kMap) {
    for (const char* key : {"requests", "per"}) {
      if (section.Find(key) == nullptr) section.Add(key, "is missing");
    }
  }
  section.ReadCount("requests", requests, 1, 1'000'000);
  section.ReadDuration("per", per, {1ms, 24h});
  section.ReadCount("burst", burst, 1, 1'000'000);
  return {.requests = static_cast<double>(requests),
          .per = per,
          .burst = static_cast<double>(burst)};
}

// The certificates in the file at `key`; empty where there are none.
std::string ReadCertificates(const Section& section, std::string_view key,
                             const Source& source, std::string& path) {
  const auto file = ReadNamedFile(section, key, kMaxCertificateBytes, source);
  if (!file) return "";
  path = file->path;
  const std::string why_not = WhyNotCertificates(file->text);
  if (why_not.empty()) return file->text;
  section.Add(key, PrintablePath(path) + " " + why_not);
  return "";
}

void ReadKeyPair(const Section& section, const Source& source,
                 Transport& transport) {
  const std::string certificate =
      ReadCertificates(section, "cert_file", source, transport.cert_file);
  if (const auto key =
          ReadNamedFile(section, "key_file", kMaxCertificateBytes, source)) {
    transport.key_file = key->path;
    WarnIfOthersMayRead(section, "key_file", key->path, key->others_may_read,
                        source);
    const std::string why_not = WhyNotKeyOf(certificate, key->text);
    if (!why_not.empty()) {
      section.Add("key_file", PrintablePath(key->path) + " " + why_not);
    }
  }
  const bool has_cert = section.Find("cert_file") != nullptr;
  const bool has_key = section.Find("key_file") != nullptr;
  if (has_cert && !has_key) section.Add("cert_file", "needs 'key_file' too");
  if (has_key && !has_cert) section.Add("key_file", "needs 'cert_file' too");
}

void ReadTls(const YamlNode& node, const Source& source, Transport& transport) {
  const Section section(node, "tls",
                        {"ca_file", "cert_file", "key_file", "server_name",
                         "min_version", "insecure_skip_verify"},
                        source.faults);
  ReadCertificates(section, "ca_file", source, transport.ca_file);
  ReadKeyPair(section, source, transport);
  if (section.ReadText("server_name", transport.server_name) &&
      !IsHostName(transport.server_name)) {
    section.Add("server_name", "must be a host name");
  }
  using enum TlsVersion;
  constexpr std::array kVersions = {kTls10, kTls11, kTls12, kTls13};
  if (const auto choice = section.ReadChoice(
          "min_version", {"TLS10", "TLS11", "TLS12", "TLS13"})) {
    transport.min_version = kVersions[*choice];
  }
  section.ReadBool("insecure_skip_verify", transport.insecure_skip_verify);
}

// Reports what the environment calls a proxy and is none. It may leave out
// "http://".
void CheckProxyEnvironment(const Section& section) {
  for (const auto& names : {std::array{"HTTPS_PROXY", "https_proxy"},
                            std::array{"HTTP_PROXY", "http_proxy"}}) {
    for (const std::string name : names) {
      const char* value = std::getenv(name.c_str());
      if (value == nullptr || *value == '\0') continue;
      std::string url = value;
      if (url.find("://") == std::string::npos) url.insert(0, "http://");
      const std::string why_not = WhyNotProxy(url);
      if (!why_not.empty()) {
        section.Add("proxy_from_environment",
                    std::string(name).append(" ").append(why_not));
      }
      break;  // The other one does not count.
    }
  }
}

HttpConfig ReadHttp(const YamlNode& node, const Source& source) {
  const Section section(
      node, "http", {"timeout", "proxy_url", "proxy_from_environment", "tls"},
      source.faults);
  HttpConfig http;
  Transport& transport = http.transport;
  section.ReadDuration("timeout", http.timeout, {1ms, 10min});
  section.ReadBool("proxy_from_environment", transport.proxy_from_environment);
  if (transport.proxy_from_environment) CheckProxyEnvironment(section);
  std::string proxy;
  if (section.ReadText("proxy_url", proxy)) {
    const std::string why_not = WhyNotProxy(proxy);
    if (!why_not.empty()) section.Add("proxy_url", why_not);
    transport.proxy_url = Secret(proxy);
  }
  if (transport.proxy_from_environment &&
      section.Find("proxy_url") != nullptr) {
    section.Add("proxy_from_environment",
                "excludes 'proxy_url'; keep one of them");
  }
  if (const YamlNode* tls = section.Find("tls")) {
    ReadTls(*tls, source, transport);
  }
  return http;
}

void ReadPattern(const Section& section, std::string_view key,
                 std::string& pattern) {
  if (!section.ReadText(key, pattern)) return;
  const RE2 expression(pattern, RE2::Quiet);
  if (!expression.ok()) {
    section.Add(
        key, "no regular expression (RE2): " + Printable(expression.error()));
  }
}

DiscoverySettings ReadDiscovery(const YamlNode& node, const Source& source) {
  const Section section(node, "discovery",
                        {"refresh_interval", "include", "exclude",
                         "workspace_id", "max_datasets"},
                        source.faults);
  DiscoverySettings discovery;
  section.ReadDuration("refresh_interval", discovery.refresh_interval,
                       {100ms, 24h * 365});
  ReadPattern(section, "include", discovery.include);
  ReadPattern(section, "exclude", discovery.exclude);
  section.ReadText("workspace_id", discovery.workspace_id);
  section.ReadCount("max_datasets", discovery.max_datasets, 1, 10'000'000);
  return discovery;
}

void ReadAllDatasets(const Section& section, const Source& source,
                     SeenDatasets& seen, ProjectConfig& project,
                     FileLooks& looks) {
  const bool has_list = section.Find("datasets") != nullptr;
  const bool has_more = section.Find("dataset_files") != nullptr ||
                        section.Find("discovery") != nullptr;
  if (const auto* items = section.ReadList("datasets")) {
    if (items->empty() && !has_more) {
      section.Add("datasets",
                  "must not be empty without 'dataset_files' or 'discovery'");
    }
    ReadDatasets(*items, source.faults, seen, project);
  } else if (!has_list && !has_more) {
    section.Add("datasets",
                "is missing; give it, 'dataset_files' or 'discovery'");
  }
  project.own_datasets = project.datasets.size();
  ReadDatasetFiles(section, source.folder, source.warnings, seen, project,
                   looks);
}

}  // namespace

ProjectConfig ReadProject(const YamlNode& node, const Source& source,
                          SeenDatasets& seen, FileLooks& looks) {
  const Section section(node, "projects",
                        {"project_id", "region", "cloud", "endpoint",
                         "duration_unit", "rate_limit", "http", "credentials",
                         "datasets", "dataset_files", "discovery"},
                        source.faults);
  ProjectConfig project;
  if (node.content->kind != YamlContent::Kind::kMap) return project;
  RequireText(section, "project_id", project.project_id);
  if (!project.project_id.empty()) {
    if (const auto why = WhyNotId(project.project_id)) {
      section.Add("project_id", *why);
    }
  }
  ReadAddress(section, project);
  if (const auto unit =
          section.ReadChoice("duration_unit", {"seconds", "milliseconds"})) {
    project.duration_unit =
        *unit == 0 ? DurationUnit::kSeconds : DurationUnit::kMilliseconds;
  }
  if (const YamlNode* value = section.Find("rate_limit")) {
    project.rate_limit = ReadRateLimit(*value, source);
  }
  if (const YamlNode* value = section.Find("http")) {
    project.http = ReadHttp(*value, source);
  }
  if (const YamlNode* value = section.Find("credentials")) {
    project.credentials =
        ReadCredentials(*value, DefaultIamEndpoint(section, project), source);
  }
  if (const YamlNode* value = section.Find("discovery")) {
    project.discovery = ReadDiscovery(*value, source);
  }
  ReadAllDatasets(section, source, seen, project, looks);
  return project;
}

}  // namespace exporter
