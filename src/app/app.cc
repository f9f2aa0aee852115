#include "app/app.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "access/web_config.h"
#include "access/web_server.h"
#include "app/collector_settings.h"
#include "app/credentials_store.h"
#include "app/endpoints.h"
#include "app/file_watch.h"
#include "app/own_metrics.h"
#include "app/service_manager.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/version.h"
#include "collect/collector.h"
#include "config/loader.h"
#include "expose/exposition.h"

namespace exporter {
namespace {

constexpr std::chrono::seconds kDrainTime{5};
constexpr std::chrono::milliseconds kBetweenLooks{500};

// Threads share what they freed. Left to itself glibc keeps the body of a large
// scrape once for each thread that ever answered one. One arena would cost a
// large scrape a tenth more CPU; giving the bodies back to the system at once,
// a fifth.
constexpr int kMallocArenas = 2;

// What is larger goes back to the system when it is freed: the readings of a
// hundred thousand datasets have 14 MB. Left to itself glibc takes the largest
// that was ever freed for the usual, and keeps twice as much.
constexpr int kLargeBytes = 4 * 1024 * 1024;
constexpr int kKeptBytes = 2 * kLargeBytes;

void Print(const std::vector<Fault>& faults) {
  for (const Fault& fault : faults) {
    std::fprintf(stderr, "%s\n", ToString(fault).c_str());
  }
}

// "file:line:column: warning: what", as compilers have it.
void PrintWarnings(std::vector<Fault> warnings) {
  for (Fault& warning : warnings) warning.what.insert(0, "warning: ");
  Print(warnings);
}

void LogWarnings(const LoadedConfig& loaded) {
  for (const Fault& warning : loaded.warnings) {
    Log(LogLevel::kWarn, "configuration", {{"warning", ToString(warning)}});
  }
}

// The parts of the running program, in the order in which they need each other.
class Exporter {
 public:
  // `started`: before anything was counted.
  Exporter(const Flags& flags, LoadedConfig loaded, WallTime started)
      : flags_(flags),
        started_(started),
        own_metrics_(registry_),
        exposition_(flags.strict_stateset, started, flags.created_timestamps),
        config_(std::move(loaded.config)),
        collector_(clock_, registry_,
                   "modelarts_exporter/" + std::string(Version()),
                   Settings(*config_)),
        server_(MakeServerOptions(flags), MakeRoutes(Context()), registry_) {
    own_metrics_.Loaded(config_->hash, started_);
    watch_.Watch(std::move(loaded.looks));
  }

  // Lets go of handlers that outlasted the drain, or were never drained: the
  // server, which ends next, wants to be answered by nobody any more.
  ~Exporter() { collector_.Stop(); }
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  Result<std::vector<std::string>> Start() { return server_.Start(); }

  // Checks the configuration as a whole and swaps it in if nothing is wrong.
  // `by_a_person`: who may have mended what was refused.
  std::vector<Fault> Reload(bool by_a_person = true) {
    const std::lock_guard lock(reload_mutex_);
    NotifyReloading();
    watch_.Changed(clock_.SteadyNow());  // What changed is read here.
    LoadedConfig loaded = LoadConfig(flags_.config_file);
    LogWarnings(loaded);
    if (loaded.config) {
      collector_.Apply([&] {
        CollectorSettings settings = Settings(*loaded.config);
        settings.tries_refused_again = by_a_person;
        return settings;
      });
      watch_.Watch(std::move(loaded.looks));
      own_metrics_.Reloaded(loaded.config->hash, clock_.WallNow());
      {
        // The engine's thread may wait for it: the old one goes later.
        const std::lock_guard config_lock(config_mutex_);
        config_.swap(loaded.config);
      }
      Log(LogLevel::kInfo, "configuration reloaded");
    } else {
      watch_.WatchRefused(std::move(loaded.looks));
      own_metrics_.ReloadFailed();
      for (const Fault& fault : loaded.faults) {
        Log(LogLevel::kError, "configuration refused, the old one goes on",
            {{"fault", ToString(fault)}});
      }
    }
    NotifyReloaded(++reloads_, loaded.faults);
    return loaded.faults;
  }

  void ReloadIfFilesChanged() {
    {
      const std::lock_guard lock(reload_mutex_);
      if (!watch_.Changed(clock_.SteadyNow())) return;
    }
    Log(LogLevel::kInfo, "dataset files changed");
    Reload(false);
  }

  void Drain() {
    NotifyServiceManager("STOPPING=1");
    server_.Drain(kDrainTime);
  }

 private:
  static WebServerOptions MakeServerOptions(const Flags& flags) {
    WebServerOptions options;
    options.addresses = flags.listen_addresses;
    options.inherits_sockets = flags.systemd_socket;
    options.web_config_file = flags.web_config_file;
    options.max_requests = flags.max_requests;
    return options;
  }

  CollectorSettings Settings(const Config& config) {
    return MakeCollectorSettings(config, flags_.shard, credentials_);
  }

  EndpointContext Context() {
    return {.flags = flags_,
            .clock = clock_,
            .started = started_,
            .collector = collector_,
            .own_metrics = own_metrics_,
            .exposition = exposition_,
            .config =
                [this] {
                  const std::lock_guard lock(config_mutex_);
                  return config_;
                },
            .reload = [this] { return Reload(); },
            .quit = [] { kill(getpid(), SIGTERM); }};
  }

  const Flags& flags_;
  const SystemClock clock_;
  const WallTime started_;
  prometheus::Registry registry_;
  OwnMetrics own_metrics_;
  const Exposition exposition_;
  CredentialsStore credentials_;  // Belongs to the collector's loop.

  std::mutex config_mutex_;  // Guards config_.
  std::shared_ptr<const Config> config_;

  std::mutex reload_mutex_;  // One reload at a time; guards what follows.
  FileWatch watch_;
  int reloads_ = 0;

  Collector collector_;
  WebServer server_;
};

// The program at work; null where it could not begin, which is logged.
std::unique_ptr<Exporter> Begin(const Flags& flags, LoadedConfig loaded,
                                WallTime started) {
  std::string error;
  try {
    auto exporter =
        std::make_unique<Exporter>(flags, std::move(loaded), started);
    const auto addresses = exporter->Start();
    if (addresses) {
      for (const std::string& address : *addresses) {
        Log(LogLevel::kInfo, "listening", {{"address", address}});
      }
      return exporter;
    }
    error = addresses.error().message;
  } catch (const std::exception& exception) {
    error = exception.what();  // Out of descriptors, threads or memory.
  }
  Log(LogLevel::kError, "cannot serve", {{"error", error}});
  return nullptr;
}

sigset_t SignalsOfInterest() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&signals, signal);
  return signals;
}

// Waits for signals, changed files and the watchdog's next beat, until one of
// the signals says to stop.
void RunUntilStopped(Exporter& exporter, const sigset_t& signals) {
  const auto beat = WatchdogInterval();
  const std::chrono::nanoseconds pace =
      beat ? std::min<std::chrono::nanoseconds>(*beat, kBetweenLooks)
           : kBetweenLooks;
  const timespec wait{.tv_sec = pace.count() / 1'000'000'000,
                      .tv_nsec = pace.count() % 1'000'000'000};
  while (true) {
    siginfo_t info{};
    const int signal = sigtimedwait(&signals, &info, &wait);
    if (signal == SIGTERM || signal == SIGINT) {
      LogField by = {"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"};
      // The one way in which the program signals itself.
      if (info.si_pid == getpid()) by = {"endpoint", "/-/quit"};
      Log(LogLevel::kInfo, "stopping", {by});
      return;
    }
    if (signal == SIGHUP) {
      exporter.Reload();
    } else {
      exporter.ReloadIfFilesChanged();
    }
    if (beat) NotifyServiceManager("WATCHDOG=1");
  }
}

}  // namespace

int CheckConfig(const Flags& flags) {
  const LoadedConfig loaded = LoadConfig(flags.config_file);
  PrintWarnings(loaded.warnings);
  Print(loaded.faults);
  if (flags.web_config_file.empty()) return loaded.config ? 0 : 1;
  const WebConfigReport web = LoadWebConfig(flags.web_config_file);
  PrintWarnings(web.warnings);
  Print(web.faults);
  return loaded.config && web.faults.empty() ? 0 : 1;
}

int RunExporter(const Flags& flags) {
  const WallTime started = SystemClock().WallNow();
  const sigset_t signals = SignalsOfInterest();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // Before the first thread.
  signal(SIGPIPE, SIG_IGN);
  mallopt(M_ARENA_MAX, kMallocArenas);
  mallopt(M_MMAP_THRESHOLD, kLargeBytes);
  mallopt(M_TRIM_THRESHOLD, kKeptBytes);

  LoadedConfig loaded = LoadConfig(flags.config_file);
  LogWarnings(loaded);
  for (const Fault& fault : loaded.faults) {
    Log(LogLevel::kError, "configuration refused",
        {{"fault", ToString(fault)}});
  }
  if (!loaded.config) return 1;

  const std::unique_ptr<Exporter> exporter =
      Begin(flags, std::move(loaded), started);
  if (!exporter) return 1;
  Log(LogLevel::kInfo, "modelarts_exporter started",
      {{"version", std::string(Version())},
       {"revision", std::string(Revision())},
       {"config", flags.config_file}});
  NotifyServiceManager("READY=1\nSTATUS=The configuration is in force");
  RunUntilStopped(*exporter, signals);
  exporter->Drain();
  return 0;
}

}  // namespace exporter
