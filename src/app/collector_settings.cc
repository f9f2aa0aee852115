#include "app/collector_settings.h"

#include <stdexcept>
#include <utility>
#include <variant>

namespace exporter {
namespace {

TlsVersion ToTlsVersion(const std::string& name) {
  if (name == "TLS10") return TlsVersion::kTls10;
  if (name == "TLS11") return TlsVersion::kTls11;
  if (name == "TLS12") return TlsVersion::kTls12;
  if (name == "TLS13") return TlsVersion::kTls13;
  throw std::logic_error("a TLS version that the configuration let pass");
}

Transport MakeTransport(const HttpConfig& http) {
  return {.proxy_url = http.proxy_url,
          .proxy_from_environment = http.proxy_from_environment,
          .ca_file = http.tls.ca_file,
          .cert_file = http.tls.cert_file,
          .key_file = http.tls.key_file,
          .server_name = http.tls.server_name,
          .min_version = ToTlsVersion(http.tls.min_version),
          .insecure_skip_verify = http.tls.insecure_skip_verify};
}

std::shared_ptr<const ProjectSettings> MakeProject(const ProjectConfig& config,
                                                   CredentialsStore& store) {
  auto project = std::make_shared<ProjectSettings>();
  project->project_id = config.project_id;
  project->region = config.region;
  project->endpoint = config.endpoint;
  project->duration_unit = config.duration_unit == DurationUnitConfig::kSeconds
                               ? DurationUnit::kSeconds
                               : DurationUnit::kMilliseconds;
  project->timeout = config.http.timeout;
  project->transport =
      std::make_shared<const Transport>(MakeTransport(config.http));
  if (config.rate_limit) {
    project->rate_limit = RateLimit{.requests = config.rate_limit->requests,
                                    .per = config.rate_limit->per,
                                    .burst = config.rate_limit->burst};
  }
  auto [credentials, account] = store.For(config, project->transport);
  project->credentials = std::move(credentials);
  project->account = std::move(account);
  if (const auto* user = std::get_if<PasswordConfig>(&config.credentials)) {
    project->max_password_tries = static_cast<unsigned>(user->max_tries);
  }
  if (config.discovery) {
    project->discovery = DiscoverySettings{
        .refresh_interval = config.discovery->refresh_interval,
        .include = config.discovery->include,
        .exclude = config.discovery->exclude,
        .workspace_id = config.discovery->workspace_id};
  }
  return project;
}

}  // namespace

CollectorSettings MakeCollectorSettings(const Config& config, Shard shard,
                                        CredentialsStore& store) {
  CollectorSettings settings;
  settings.concurrency = config.scrape.concurrency;
  settings.memory = {.min_interval_active = config.scrape.min_interval_active,
                     .min_interval_settled = config.scrape.min_interval_settled,
                     .max_stale = config.scrape.max_stale};
  settings.shard = shard;
  for (const ProjectConfig& project : config.projects) {
    settings.projects.push_back(MakeProject(project, store));
    settings.datasets.insert(settings.datasets.end(), project.datasets.begin(),
                             project.datasets.end());
  }
  store.DropUnused();
  return settings;
}

}  // namespace exporter
