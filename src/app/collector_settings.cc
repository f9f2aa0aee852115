#include "app/collector_settings.h"

#include <utility>
#include <variant>

namespace exporter {
namespace {

std::shared_ptr<const ProjectSettings> MakeProject(const ProjectConfig& config,
                                                   CredentialsStore& store) {
  auto project = std::make_shared<ProjectSettings>();
  project->project_id = config.project_id;
  project->region = config.region;
  project->endpoint = config.endpoint;
  project->duration_unit = config.duration_unit;
  project->timeout = config.http.timeout;
  project->transport = std::make_shared<const Transport>(config.http.transport);
  project->rate_limit = config.rate_limit;
  auto [credentials, account] = store.For(config, project->transport);
  project->credentials = std::move(credentials);
  project->account = std::move(account);
  if (const auto* user = std::get_if<PasswordConfig>(&config.credentials)) {
    project->max_password_tries = static_cast<unsigned>(user->max_tries);
  }
  project->discovery = config.discovery;
  return project;
}

}  // namespace

CollectorSettings MakeCollectorSettings(const Config& config, Shard shard,
                                        CredentialsStore& store) {
  CollectorSettings settings;
  settings.concurrency = config.scrape.concurrency;
  settings.memory = config.scrape.memory;
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
