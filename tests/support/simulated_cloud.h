#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/iam_password.h"
#include "auth/iam_user.h"
#include "auth/token.h"
#include "base/time_format.h"
#include "cloud/error_reply.h"
#include "cloud/gateway_limit.h"
#include "collect/planner.h"
#include "support/numbered_name.h"

namespace exporter {

// An access key for simulations: sends its secret as it is, unsigned.
class PlainKey final : public Credentials {
 public:
  explicit PlainKey(std::shared_ptr<const std::string> secret)
      : secret_(std::move(secret)) {}
  [[nodiscard]] Readiness State(WallTime) const override {
    return Readiness::kReady;
  }
  Result<HttpRequest> Prove(HttpRequest request, WallTime) override {
    request.headers.emplace_back("Authorization", *secret_);
    return request;
  }
  std::optional<RenewalRequest> Renewal(WallTime) override { return {}; }
  std::optional<Error> Renewed(const Result<HttpReply>&, WallTime) override {
    return {};
  }
  void Refused(const HttpRequest&) override {}
  void Refresh(WallTime) override {
    if (seen_ != *secret_) ++version_;
    seen_ = *secret_;
  }
  [[nodiscard]] std::uint64_t Generation() const override { return version_; }
  [[nodiscard]] std::optional<WallTime> Expiry() const override { return {}; }
  [[nodiscard]] Lockable MayBeLocked() const override { return Lockable::kKey; }

 private:
  std::shared_ptr<const std::string> secret_;
  std::string seen_ = *secret_;
  std::uint64_t version_ = 0;
};

// A planner on a simulated clock, before a cloud and an IAM that keep books:
// who was refused how often with which secret, and who is locked. Runs in no
// real time.
class SimulatedCloud {
 public:
  enum class Way { kToken, kPassword, kKey };
  enum class Fate {
    kGood,
    kUnauthorized,
    kForbidden,
    kGone,
    kBroken,
    kHangs,
    kResets
  };

  // What the cloud knows of a secret. A person may hold the same one.
  struct Account {
    Way way = Way::kToken;
    std::shared_ptr<std::string> secret =
        std::make_shared<std::string>("right");
    std::string right = "right";
    std::shared_ptr<IamUser> user;
    std::set<SharedText> refused_scopes;
    std::map<std::string, std::vector<SteadyTime>>
        refusals;                    // By secret: heard.
    std::set<std::string> accepted;  // Secrets.
    int failures_in_a_row = 0;       // As Keystone counts: no window.
    bool locked = false;
  };
  struct Quota {
    int requests = 0;  // 0: none.
    std::chrono::milliseconds window{};
    bool of_user = true;
    bool says_so = true;  // The message tells of the limit.
    std::optional<std::chrono::seconds> retry_after;
  };

  explicit SimulatedCloud(std::uint64_t seed) : planner(seed), rng(seed) {}

  Account& AddAccount(Way way) {
    accounts.emplace_back();
    Account& account = accounts.back();
    account.way = way;
    if (way == Way::kPassword) {
      IamUser::Settings user;
      user.endpoint = "https://iam";
      user.domain = "d";
      user.name = "u";
      user.password = [secret = account.secret]() -> Result<Secret> {
        return Secret(*secret);
      };
      account.user = std::make_shared<IamUser>(std::move(user));
    }
    return account;
  }

  ProjectSettings& AddProject(const std::string& id, std::size_t account,
                              std::size_t datasets) {
    auto project = std::make_shared<ProjectSettings>();
    project->project_id = id;
    project->account = NumberedName("account ", account);
    Account& owner = accounts.at(account);
    switch (owner.way) {
      case Way::kToken:
        project->credentials = std::make_shared<Token>(
            [secret = owner.secret]() -> Result<Secret> {
              return Secret(*secret);
            });
        break;
      case Way::kPassword:
        project->credentials = std::make_shared<IamPassword>(owner.user, id);
        break;
      case Way::kKey:
        project->credentials = std::make_shared<PlainKey>(owner.secret);
        break;
    }
    account_of[id] = account;
    projects.push_back(project);
    for (std::size_t i = 0; i < datasets; ++i) {
      catalogue->datasets.push_back(Dataset{.key = {id, NumberedName("d", i)}});
    }
    return *project;
  }

  void Configure() {
    std::vector<std::shared_ptr<const ProjectSettings>> all(projects.begin(),
                                                            projects.end());
    planner.Configure(settings, all, std::make_shared<Catalogue>(*catalogue),
                      now);
  }

  ScrapeId Begin(std::chrono::milliseconds budget) {
    std::vector<std::size_t> all(catalogue->datasets.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    const ScrapeId id = planner.Begin(
        {.began = now.steady, .deadline = now.steady + budget}, all, now);
    Settle();
    return id;
  }
  const Collection& Scrape(std::chrono::milliseconds budget) {
    const ScrapeId id = Begin(budget);
    while (!finished.contains(id)) Step(SteadyTime::max());
    return finished.at(id);
  }
  void PassTime(std::chrono::milliseconds time) {
    const SteadyTime end = now.steady + time;
    while (Step(end)) {
    }
    MoveTo(end);
    Settle();
  }

  // A scrape each `interval`, for `time`; calls `look` with each collection.
  template <typename Look>
  void ScrapeEach(std::chrono::milliseconds interval,
                  std::chrono::milliseconds budget,
                  std::chrono::milliseconds time, const Look& look) {
    const SteadyTime end = now.steady + time;
    while (now.steady < end) {
      const SteadyTime next = now.steady + interval;
      const Collection collection = Scrape(budget);
      look(collection);
      finished.clear();
      if (next > now.steady) {
        PassTime(std::chrono::duration_cast<std::chrono::milliseconds>(
            next - now.steady));
      }
    }
  }

  bool Chance(double share) {
    return share > 0 &&
           std::uniform_real_distribution<double>(0, 1)(rng) < share;
  }
  std::size_t Pick(std::size_t least, std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(least, most)(rng);
  }

  // Tokens that were given are worth nothing any more.
  void RevokeTokens() { valid_tokens.clear(); }

  Planner planner;
  std::mt19937_64 rng;
  PlannerSettings settings;
  std::deque<Account> accounts;
  std::map<SharedText, std::size_t> account_of;
  std::vector<std::shared_ptr<ProjectSettings>> projects;
  std::shared_ptr<Catalogue> catalogue = std::make_shared<Catalogue>();
  Instant now{SteadyTime(std::chrono::hours(1)),
              WallTime(std::chrono::sys_days(std::chrono::year(2024) / 1 / 1))};

  std::map<DatasetKey, Fate> fates;  // Of those that are not good.
  double stray_401 = 0;
  double slow = 0;  // Share of answers that take up to 4 s.
  std::chrono::milliseconds latency{10};
  std::set<SharedText> unreachable;  // Projects whose connections break.
  Quota quota;
  int lockout = 5;
  std::chrono::seconds token_life{86'400};
  Quota iam_quota;
  double iam_hangs = 0;

  std::map<ScrapeId, Collection> finished;
  std::map<ScrapeId, SteadyTime> finished_at;
  std::map<RequestId, DatasetKey> in_flight;
  std::size_t most_in_flight = 0;
  std::size_t asked = 0;
  std::size_t throttled = 0;
  std::size_t logins = 0;
  std::size_t logins_throttled = 0;
  std::map<std::string, int> tokens_of;  // Given, by project.
  std::vector<Plan::HeldBack> held_back;

 private:
  struct Renewing {
    std::uint64_t id;
    std::shared_ptr<const ProjectSettings> project;
    Result<HttpReply> reply;
  };

  // Does the next thing that happens until `end`; whether there was one.
  bool Step(SteadyTime end) {
    SteadyTime next = planner.WakeAt();
    if (!answers_.empty()) next = std::min(next, answers_.begin()->first);
    if (!renewals_.empty()) next = std::min(next, renewals_.begin()->first);
    next = std::max(next, now.steady);
    if (next > end) return false;
    MoveTo(next);
    while (!answers_.empty() && answers_.begin()->first <= now.steady) {
      auto [request, answer] = std::move(answers_.begin()->second);
      answers_.erase(answers_.begin());
      const auto refused = refused_.extract(request);
      if (in_flight.erase(request) > 0) {
        if (!refused.empty()) {
          const auto& [account, proof] = refused.mapped();
          account->refusals[proof].push_back(now.steady);
        }
        planner.Answered(request, std::move(answer), now);
      }
    }
    while (!renewals_.empty() && renewals_.begin()->first <= now.steady) {
      const Renewing one = std::move(renewals_.begin()->second);
      renewals_.erase(renewals_.begin());
      const auto error = one.project->credentials->Renewed(one.reply, now.wall);
      RenewalAnswer answer{.error = error};
      if (error && one.reply) {
        answer.error->http_status = one.reply->status;
        answer.retry_after = DecodeRetryAfter(*one.reply, now.wall);
        if (one.reply->status == 429) {
          answer.quota = QuotaOf(DecodeGatewayLimit(*one.reply));
        }
      }
      planner.RenewalEnded(one.id, answer, now);
    }
    Settle();
    return true;
  }

  void Settle() {
    for (const auto& project : projects)
      project->credentials->Refresh(now.wall);
    Plan plan = planner.Advance(now);
    for (const Plan::Cancel& cancel : plan.cancels) {
      in_flight.erase(cancel.request);
    }
    for (Plan::Renewal& renewal : plan.renewals) Login(std::move(renewal));
    for (const Plan::Ask& ask : plan.asks) {
      ++asked;
      in_flight[ask.request] = ask.dataset;
      std::chrono::milliseconds after = latency;
      Answer answer = Reply(ask, after);
      answers_.emplace(now.steady + after,
                       std::pair(ask.request, std::move(answer)));
    }
    most_in_flight = std::max(most_in_flight, in_flight.size());
    for (auto& held : plan.held_back) held_back.push_back(std::move(held));
    for (auto& done : plan.finished) {
      finished_at[done.scrape] = now.steady;
      finished.emplace(done.scrape, std::move(done.collection));
    }
  }

  static Answer Bad(ErrorKind kind, int status) {
    return {.result = Fail(Error{
                .kind = kind, .message = "simulated", .http_status = status})};
  }

  bool Exceeds(const Quota& limit, const std::string& whose) {
    if (limit.requests == 0) return false;
    const auto window = now.steady.time_since_epoch() / limit.window;
    auto& [current, used] = used_[whose];
    if (current != window) {
      current = window;
      used = 0;
    }
    return ++used > limit.requests;
  }
  HttpReply TooMany(const Quota& limit) const {
    HttpReply reply{.status = 429, .headers = {}, .body = "{}"};
    if (limit.says_so) {
      reply.body =
          std::string(R"({"error_msg":"policy )") +
          (limit.of_user ? "user" : "api") +
          " over ratelimit,limit:" + std::to_string(limit.requests) + ",time:" +
          std::to_string(
              std::chrono::duration_cast<std::chrono::seconds>(limit.window)
                  .count()) +
          R"( second"})";
    }
    if (limit.retry_after) {
      reply.headers.emplace_back("Retry-After",
                                 std::to_string(limit.retry_after->count()));
    }
    return reply;
  }

  Answer Reply(const Plan::Ask& ask, std::chrono::milliseconds& after) {
    if (unreachable.contains(ask.dataset.project_id)) {
      after = std::chrono::milliseconds(1);
      return Bad(ErrorKind::kConnect, 0);
    }
    if (Chance(slow)) after = std::chrono::milliseconds(Pick(50, 4000));
    const auto known = fates.find(ask.dataset);
    const Fate fate = known == fates.end() ? Fate::kGood : known->second;
    if (fate == Fate::kHangs) {
      after = ask.project->timeout;
      return Bad(ErrorKind::kTimeout, 0);
    }
    if (fate == Fate::kResets) return Bad(ErrorKind::kConnect, 0);
    const std::size_t index = account_of.at(ask.dataset.project_id);
    Account& account = accounts.at(index);
    const std::string whose = quota.of_user
                                  ? std::to_string(index)
                                  : std::string(ask.dataset.project_id);
    if (Exceeds(quota, whose)) {
      ++throttled;
      const HttpReply reply = TooMany(quota);
      Answer answer = Bad(ErrorKind::kThrottled, 429);
      const GatewayLimit limit = DecodeGatewayLimit(reply);
      answer.retry_after = DecodeRetryAfter(reply, now.wall);
      answer.quota = QuotaOf(limit);
      answer.is_limit_of_user = limit.is_of_user;
      return answer;
    }
    const auto proved = ask.project->credentials->Prove({}, now.wall);
    const std::string& proof = proved->headers.back().second;
    const bool is_right = account.way == Way::kPassword
                              ? valid_tokens.contains(proof)
                              : proof == account.right;
    if (!is_right || fate == Fate::kUnauthorized || Chance(stray_401)) {
      refused_[ask.request] = {&account, proof};
      Answer answer = Bad(ErrorKind::kUnauthorized, 401);
      answer.proved = *proved;
      return answer;
    }
    account.accepted.insert(proof);
    switch (fate) {
      case Fate::kForbidden:
        return Bad(ErrorKind::kForbidden, 403);
      case Fate::kGone:
        return Bad(ErrorKind::kNotFound, 404);
      case Fate::kBroken:
        return Bad(ErrorKind::kServerError, 503);
      default:
        break;
    }
    SyncStatus status;
    status.state = SyncState::kCompleted;
    return {.result = std::optional(std::move(status))};
  }

  // A file is read once a second, so it may be an older one.
  static std::string PasswordIn(const std::string& body) {
    constexpr std::string_view kKey = R"("password":")";
    const std::size_t begin = body.find(kKey) + kKey.size();
    return body.substr(begin, body.find('"', begin) - begin);
  }

  void Login(Plan::Renewal renewal) {
    ++logins;
    const std::string& project = renewal.project->project_id;
    const std::size_t index = account_of.at(project);
    Account& account = accounts.at(index);
    const std::string secret = PasswordIn(renewal.request.request.body);
    std::chrono::milliseconds after = latency;
    Result<HttpReply> reply =
        HttpReply{.status = 401, .headers = {}, .body = {}};
    if (Exceeds(iam_quota, NumberedName("iam ", index))) {
      ++logins_throttled;
      reply = TooMany(iam_quota);
    } else if (Chance(iam_hangs)) {
      after = std::chrono::seconds(5);
      reply = Fail(ErrorKind::kTimeout, "silence");
    } else if (account.locked || secret != account.right) {
      account.refusals[secret].push_back(now.steady);
      if (++account.failures_in_a_row >= lockout) account.locked = true;
    } else {
      account.failures_in_a_row = 0;
      if (!account.refused_scopes.contains(project)) {
        account.accepted.insert(secret);
        const std::string token = NumberedName("t", ++last_token_);
        valid_tokens.insert(token);
        ++tokens_of[project];
        const auto end = now.wall + token_life;
        reply = HttpReply{.status = 201,
                          .headers = {{"X-Subject-Token", token}},
                          .body = R"({"token":{"expires_at":")" +
                                  FormatRfc3339(end) + "\"}}"};
      }
    }
    renewals_.emplace(now.steady + after,
                      Renewing{renewal.id, renewal.project, std::move(reply)});
  }

  void MoveTo(SteadyTime time) {
    now.wall += std::chrono::duration_cast<std::chrono::milliseconds>(
        time - now.steady);
    now.steady = time;
  }

  std::set<std::string, std::less<>> valid_tokens;
  std::uint64_t last_token_ = 0;
  std::map<std::string, std::pair<SteadyDuration::rep, int>> used_;
  std::multimap<SteadyTime, std::pair<RequestId, Answer>> answers_;
  // Those on their way, whose refusal nobody has heard of yet.
  std::map<RequestId, std::pair<Account*, std::string>> refused_;
  std::multimap<SteadyTime, Renewing> renewals_;
};

}  // namespace exporter
