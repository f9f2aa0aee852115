#include "access/access.h"

#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/quiet_thread.h"

namespace exporter {
namespace {

constexpr std::chrono::milliseconds kPeriod(500);

// One event each, as for the main configuration.
void LogFaults(std::string_view message, const std::vector<Fault>& faults) {
  for (const Fault& fault : faults) {
    Log(LogLevel::kError, message, {{"fault", ToString(fault)}});
  }
}

void LogWarnings(const std::vector<Fault>& warnings) {
  for (const Fault& warning : warnings) {
    Log(LogLevel::kWarn, "web configuration", {{"warning", ToString(warning)}});
  }
}

// `before` gives what did not change: verified passwords stay so, and a bucket
// as empty as it is. REQUIRES: no faults.
std::shared_ptr<const Access> MakeAccess(const WebConfig& config,
                                         const WebConfig& config_before,
                                         const Access& before) {
  auto access = std::make_shared<Access>(before);
  access->headers = config.headers;
  if (config.tls != config_before.tls) {
    access->tls = TlsContext::Make(*config.tls, [](auto, const auto&) {});
  }
  if (config.users != config_before.users) {
    access->passwords = config.users.empty()
                            ? nullptr
                            : std::make_shared<BasicAuth>(config.users);
  }
  if (config.rate_limit != config_before.rate_limit) {
    access->rate_limiter =
        config.rate_limit ? std::make_shared<RateLimiter>(*config.rate_limit)
                          : nullptr;
  }
  return access;
}

// What must not happen while clients come and go; empty if nothing of it does.
// A file that was caught half written has no passwords either.
std::string_view WhyByRestartOnly(const WebConfig& from, const WebConfig& to) {
  if (from.tls.has_value() != to.tls.has_value()) {
    return "TLS is turned on or off by a restart only";
  }
  if (!from.users.empty() && to.users.empty()) {
    return "passwords are turned off by a restart only";
  }
  if (from.tls && from.tls->client_allowed_sans &&
      !to.tls->client_allowed_sans) {
    return "client_allowed_sans is taken out by a restart only";
  }
  return "";
}

// Whether the list of those who are let in was emptied: a fault, but one that
// says clearly who is no longer wanted.
bool LetsNobodyIn(const std::optional<TlsSettings>& tls) {
  return tls && tls->client_allowed_sans && tls->client_allowed_sans->empty();
}

}  // namespace

AccessWatcher::AccessWatcher() : access_(std::make_shared<Access>()) {}

AccessWatcher::~AccessWatcher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Result<std::shared_ptr<const Access>> AccessWatcher::Watch(
    const std::string& path) {
  path_ = path;
  last_read_ = LoadWebConfig(path_, files_);
  LogWarnings(last_read_.warnings);
  LogFaults("web configuration refused", last_read_.faults);
  if (!last_read_.faults.empty()) {
    return Fail(ErrorKind::kConfig, "the web configuration is faulty");
  }
  access_ = MakeAccess(last_read_.config, {}, *access_);
  in_force_ = last_read_;
  thread_ = StartQuietThread([this] { Run(); });
  return access_;
}

std::shared_ptr<const Access> AccessWatcher::Current() const {
  const std::lock_guard lock(mutex_);
  return access_;
}

void AccessWatcher::Run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kPeriod, [this] { return stopping_; })) {
    lock.unlock();
    ReadAgain();
    lock.lock();
  }
}

void AccessWatcher::ReadAgain() {
  // Finding out whether TLS can be spoken takes tens of milliseconds with the
  // authorities of a whole system, and nearly always nothing has changed.
  if (files_.StillHolds()) return;
  files_ = {};
  WebConfigReport report = LoadWebConfig(path_, files_);
  if (report == last_read_) return;
  last_read_ = std::move(report);
  if (last_read_.faults.empty()) {
    const std::string_view refusal =
        WhyByRestartOnly(in_force_.config, last_read_.config);
    if (!refusal.empty()) {
      Log(LogLevel::kError, "web configuration not taken over",
          {{"fault", std::string(refusal)}});
      return;
    }
  }
  LogFaults("web configuration not taken over", last_read_.faults);
  if (!last_read_.faults.empty()) {
    if (in_force_.config.tls && LetsNobodyIn(last_read_.config.tls)) {
      WebConfigReport closed = in_force_;
      closed.config.tls->client_allowed_sans.emplace();
      Log(LogLevel::kError, "nobody is let in until this is mended",
          {{"file", path_}});
      TakeOver(std::move(closed));
    }
    return;
  }
  if (last_read_ == in_force_) return;
  LogWarnings(last_read_.warnings);
  Log(LogLevel::kInfo, "web configuration taken over", {{"file", path_}});
  TakeOver(last_read_);
}

void AccessWatcher::TakeOver(WebConfigReport report) {
  std::shared_ptr<const Access> access =
      MakeAccess(report.config, in_force_.config, *Current());
  in_force_ = std::move(report);
  // The old one goes without the lock, which every connection and request
  // wants.
  const std::lock_guard lock(mutex_);
  access_.swap(access);
}

}  // namespace exporter
