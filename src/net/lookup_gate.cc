#include "net/lookup_gate.h"

#include <utility>

namespace exporter {

LookupGate::Pass LookupGate::Enter(const std::string& name, Ticket ticket,
                                   Deadline now) {
  Name& about = names_[name];
  if (now < about.known_until) return Pass::kGo;
  if (about.looking == 0) {
    about.looking = ticket;
    return Pass::kLook;
  }
  about.waiting.push_back(ticket);
  return Pass::kWait;
}

std::vector<LookupGate::Ticket> LookupGate::Found(const std::string& name,
                                                  Deadline now) {
  Name& about = names_[name];
  about.known_until = now + lifetime_;
  about.looking = 0;
  return std::exchange(about.waiting, {});
}

std::vector<LookupGate::Ticket> LookupGate::NotFound(const std::string& name) {
  const auto about = names_.extract(name);
  if (!about) return {};
  return std::move(about.mapped().waiting);
}

std::vector<LookupGate::Ticket> LookupGate::Left(const std::string& name,
                                                 Ticket ticket) {
  const auto found = names_.find(name);
  if (found == names_.end()) return {};
  Name& about = found->second;
  if (about.looking != ticket) {
    std::erase(about.waiting, ticket);
    return {};
  }
  if (about.waiting.empty()) {
    names_.erase(found);
    return {};
  }
  about.looking = about.waiting.front();
  about.waiting.erase(about.waiting.begin());
  return {about.looking};
}

}  // namespace exporter
