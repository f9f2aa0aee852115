#include "options.h"

#include <CLI/CLI.hpp>
#include <limits>
#include <map>

#include "base/duration.h"
#include "control.h"
#include "faults.h"

namespace simulator {
namespace {

using Millis = std::chrono::milliseconds;

Millis ToDuration(const std::string& text) {
  const auto duration = exporter::ParseDuration(text);
  if (!duration) throw CLI::ValidationError(text + ": no duration like 1m30s");
  return *duration;
}

// `text` cut at each ':', at most `most` pieces.
std::vector<std::string> Pieces(const std::string& text, std::size_t most) {
  std::vector<std::string> pieces(1);
  for (const char c : text) {
    if (c == ':' && pieces.size() < most) {
      pieces.emplace_back();
    } else {
      pieces.back() += c;
    }
  }
  return pieces;
}

Rate ToRate(const std::string& text) {
  const std::size_t slash = text.find('/');
  Rate rate{};
  if (slash == std::string::npos ||
      !CLI::detail::lexical_cast(text.substr(0, slash), rate.requests)) {
    throw CLI::ValidationError(text + ": no rate like 200/5m");
  }
  rate.per = ToDuration(text.substr(slash + 1));
  return rate;
}

void AddDuration(CLI::App& app, const std::string& name, Millis& into,
                 const std::string& help) {
  app.add_option_function<std::string>(
         name, [&into](const std::string& text) { into = ToDuration(text); },
         help)
      ->type_name("DURATION")
      ->default_str(exporter::FormatDuration(into));
}

template <typename T>
void AddChoice(CLI::App& app, const std::string& name, T& into,
               const std::map<std::string, T>& choices,
               const std::string& help) {
  app.add_option(name, into, help)->transform(CLI::CheckedTransformer(choices));
}

void AddCloud(CLI::App& app, Options& options) {
  app.add_option("--listen", options.listen, "HOST:PORT; port 0 picks one")
      ->capture_default_str();
  auto* cert =
      app.add_option("--tls-cert", options.tls_cert, "PEM file; serves https");
  auto* key = app.add_option("--tls-key", options.tls_key, "PEM file");
  cert->needs(key);
  key->needs(cert);
  app.add_option("--tls-client-ca", options.tls_client_ca,
                 "PEM file; clients must show a certificate of it")
      ->needs(cert);
  app.add_option("--answers", options.answers,
                 "JSON file of datasets and their answers; repeatable");
  app.add_option("--datasets", options.generated.datasets,
                 "Datasets to make up: ds-00000, ds-00001, ...; 10 unless "
                 "there are --answers");
  app.add_option("--projects", options.generated.projects,
                 "Dataset i is in project i mod PROJECTS, whose id is that "
                 "number in 32 hexadecimal digits")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000}))
      ->capture_default_str();
  app.add_option("--workspaces", options.generated.workspaces,
                 "Dataset i is in workspace i mod WORKSPACES")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000}))
      ->capture_default_str();
  const CLI::Range percent(0U, 100U);
  app.add_option("--text-percent", options.generated.text_percent,
                 "Of the datasets, text, which cannot sync")
      ->check(percent);
  AddDuration(app, "--task-period", options.life.period,
              "From one task of a dataset to its next");
  app.add_option("--active-percent", options.life.active_percent,
                 "Of the datasets, with a task in flight at any time; at 100 "
                 "no end of a task is ever seen")
      ->check(percent)
      ->capture_default_str();
  app.add_option("--failed-percent", options.life.failed_percent,
                 "Of the tasks")
      ->check(percent)
      ->capture_default_str();
  app.add_option("--never-synced-percent", options.life.never_synced_percent,
                 "Of the datasets; they are NOT_EXIST")
      ->check(percent)
      ->capture_default_str();
  AddChoice<Paging>(app, "--list-paging", options.paging,
                    {{"page", Paging::kPage}, {"record", Paging::kRecord}},
                    "What the list's offset counts");
}

void AddTrouble(CLI::App& app, Options& options) {
  AddDuration(app, "--latency", options.latency, "Before each answer");
  AddDuration(app, "--latency-jitter", options.latency_jitter,
              "Up to so much more");
  app.add_option("--fault", options.faults,
                 "MATCH=FAULT; repeatable; see below");
  app.add_option_function<std::string>(
         "--per-project-rate",
         [&options](const std::string& text) {
           options.per_project_rate = ToRate(text);
         },
         "More of a project's requests get 429, e.g. 200/5m")
      ->type_name("N/DURATION");
  app.add_option_function<std::string>(
         "--clock-offset",
         [&options](const std::string& text) {
           const bool behind = text.starts_with('-');
           const Millis size = ToDuration(behind ? text.substr(1) : text);
           options.clock_offset = behind ? -size : size;
         },
         "What the cloud's clock is ahead; --clock-offset=-20m: behind")
      ->type_name("DURATION");
}

void AddAuth(CLI::App& app, Options& options) {
  AddChoice<AuthMode>(app, "--auth", options.auth,
                      {{"none", AuthMode::kNone},
                       {"token", AuthMode::kToken},
                       {"signature", AuthMode::kSignature},
                       {"any", AuthMode::kAny}},
                      "What the gateway asks for");
  app.add_option("--token", options.tokens,
                 "Accepted X-Auth-Token; repeatable");
  app.add_option_function<std::vector<std::string>>(
         "--access-key",
         [&options](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) {
             auto pieces = Pieces(text, 3);
             if (pieces.size() < 2) {
               throw CLI::ValidationError("--access-key: no AK:SK");
             }
             pieces.resize(3);
             options.access_keys.push_back({pieces[0], pieces[1], pieces[2]});
           }
         },
         "Accepted access key; repeatable")
      ->type_name("AK:SK[:SECURITY_TOKEN]");
  app.add_option_function<std::vector<std::string>>(
         "--iam-user",
         [&options](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) {
             const auto pieces = Pieces(text, 3);
             if (pieces.size() < 3) {
               throw CLI::ValidationError(
                   "--iam-user: no DOMAIN:USER:PASSWORD");
             }
             options.iam_users.push_back({pieces[0], pieces[1], pieces[2]});
           }
         },
         "Who may have tokens; repeatable")
      ->type_name("DOMAIN:USER:PASSWORD");
  app.add_option("--token-bytes", options.token_bytes, "Of the tokens issued")
      ->check(CLI::Range(std::size_t{16}, std::size_t{32768}))
      ->capture_default_str();
  AddDuration(app, "--token-lifetime", options.token_lifetime,
              "Of the tokens issued");
  app.add_option("--lock-after", options.lock_after,
                 "Failures in a row of a key or user; the next one locks it")
      ->capture_default_str();
  AddDuration(app, "--lock-time", options.lock_time, "How long it is locked");
  AddChoice<MetadataMode>(app, "--metadata", options.metadata,
                          {{"off", MetadataMode::kOff},
                           {"plain", MetadataMode::kPlain},
                           {"hardened", MetadataMode::kHardened},
                           {"required", MetadataMode::kRequired}},
                          "The metadata service, without, with or only with "
                          "session tokens");
  AddDuration(app, "--key-lifetime", options.key_lifetime,
              "Of temporary keys; they change at half of it");
  app.add_option("--pod-token", options.pod_token,
                 "What POST /pod-identity wants as Authorization");
}

}  // namespace

std::variant<Options, int> ParseCommandLine(int argc, char** argv) {
  Options options;
  CLI::App app("Stands in for the cloud in tests, benchmarks and the demo.",
               "modelarts_simulator");
  app.footer(std::string(kFaultHelp) + "\n\n" + kControlHelp);
  AddCloud(app, options);
  AddTrouble(app, options);
  AddAuth(app, options);
  for (CLI::Option* option : app.get_options()) {
    option->allow_extra_args(false);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (options.life.period.count() == 0) {
    std::cerr << "--task-period: must be above 0\n";
    return 2;
  }
  if (options.answers.empty() && app.count("--datasets") == 0) {
    options.generated.datasets = 10;
  }
  return options;
}

}  // namespace simulator
