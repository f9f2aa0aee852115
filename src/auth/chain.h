#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/credentials.h"
#include "auth/environment.h"

namespace exporter {

// Takes the first of several ways in that has something, waiting for those that
// have to ask first. Stays with it as long as it has something or may get it
// again; else looks through all of them from the start. Says at info level
// which one it took, whenever that changes.
//
// A renewal is a round of those that can ask: one whose renewal fails is passed
// over till the next round, and the one behind it is the next step.
class Chain final : public Credentials {
 public:
  struct Link {
    std::string name;  // For messages, e.g. "instance_metadata".
    std::unique_ptr<Credentials> credentials;
  };

  explicit Chain(std::vector<Link> links);

  // environment, profile, pod_identity, instance_metadata: the order of the
  // cloud's SDKs.
  static std::unique_ptr<Chain> Default(const Environment& environment);

  [[nodiscard]] Readiness State(WallTime now) const override;
  Result<HttpRequest> Prove(HttpRequest request, WallTime now) override;
  std::optional<RenewalRequest> Renewal(WallTime now) override;
  std::optional<Error> Renewed(const Result<HttpReply>& reply,
                               WallTime now) override;
  [[nodiscard]] bool HasNextStep(WallTime now) const override;
  void Refused(const HttpRequest& request) override;
  void Refresh(WallTime now) override;
  [[nodiscard]] std::uint64_t Generation() const override;
  [[nodiscard]] std::optional<WallTime> Expiry() const override;
  [[nodiscard]] Lockable MayBeLocked() const override;

 private:
  // The link to use or to wait for at `now`; null if none has anything.
  [[nodiscard]] Credentials* Current(WallTime now) const;
  // The link to be renewed: the current one, else the first that failed in an
  // earlier round, or was taken and did not fail; null if there is none.
  [[nodiscard]] Credentials* Next(WallTime now) const;
  // Takes the current one if it is ready.
  void Settle(WallTime now);

  std::vector<Link> links_;
  Credentials* taken_ = nullptr;
  Credentials* asking_ = nullptr;  // Whose renewal is on its way.
  std::uint64_t round_ = 1;
  // The round in which its renewal failed last; 0: in none, and it was taken.
  std::map<const Credentials*, std::uint64_t> failed_in_;
  std::uint64_t generation_ = 0;
  std::uint64_t generation_of_taken_ = 0;
};

}  // namespace exporter
