#include "net/name_cache.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace exporter {

NameCache::Finding NameCache::Find(const std::string& name, Deadline now) {
  auto known = names_.find(name);
  if (known == names_.end()) {
    Forget(now);
    known = names_.try_emplace(name).first;
  }
  Name& about = known->second;
  const bool asks =
      about.questions == 0 && (now >= about.look_at || !about.Serves(now));
  if (asks) {
    about.questions = 1;
    about.asked_at = now;
    about.overdue_at = now + kPatience;
    asked_.push_back(name);
  }
  const bool is_fresh = now < about.found_at + kLifetime;
  const bool serves = about.Serves(now) && (is_fresh || about.is_doubtful);
  return {serves ? about.addresses : nullptr, asks};
}

NameCache::Change NameCache::Take(const Resolver::Answer& answer,
                                  Deadline now) {
  Change change{.name = answer.name, .why = answer.why};
  Name& about = names_.at(answer.name);
  if (--about.questions == 0) std::erase(asked_, answer.name);
  if (!answer.addresses.empty()) {
    // IPv4 alone is not put in the place of what came for all.
    if (about.IsFound() && answer.family == AF_INET) return change;
    if (!about.addresses || *about.addresses != answer.addresses) {
      about.addresses = std::make_shared<const std::string>(answer.addresses);
    }
    about.found_at = now;
    about.look_at = now + kLifetime;
    about.is_doubtful = now >= about.asked_at + kPatience;
    if (std::exchange(about.is_told, false)) change.news = News::kWell;
  } else if (about.questions == 0 && !about.IsFound()) {
    about.is_doubtful = true;
    about.look_at = now + kPause;
    change.has_failed = !about.Serves(now);
    TellOnce(about, now, change);
  }
  return change;
}

std::vector<NameCache::Change> NameCache::Overdue(Deadline now) {
  std::vector<Change> changes;
  for (const std::string& name : asked_) {
    Name& about = names_.at(name);
    if (now < about.overdue_at) continue;
    Change& change = changes.emplace_back(Change{.name = name});
    if (about.overdue_at < about.asked_at + kHanging) {
      about.is_doubtful = true;
      about.overdue_at = about.asked_at + kHanging;
      change.asks_ipv4 = true;
      ++about.questions;
    } else {
      about.overdue_at = Deadline::max();
      change.why = "no answer";
      if (!about.IsFound()) TellOnce(about, now, change);
    }
  }
  return changes;
}

Deadline NameCache::NextOverdue() const {
  Deadline next = Deadline::max();
  for (const std::string& name : asked_) {
    next = std::min(next, names_.at(name).overdue_at);
  }
  return next;
}

void NameCache::TellOnce(Name& about, Deadline now, Change& change) {
  if (!about.Serves(now) || std::exchange(about.is_told, true)) return;
  change.news = News::kOldServe;
  change.age =
      std::chrono::duration_cast<std::chrono::seconds>(now - about.found_at);
}

// Names that a reload took out do not gather.
void NameCache::Forget(Deadline now) {
  std::erase_if(names_, [&](const auto& entry) {
    return entry.second.questions == 0 && !entry.second.Serves(now);
  });
}

}  // namespace exporter
