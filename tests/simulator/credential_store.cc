#include "credential_store.h"

#include <openssl/rand.h>

namespace simulator {

void AccessKeys::Add(const AccessKey& key, std::optional<Time> expires) {
  entries_[key.id] = {key.secret, key.security_token, expires};
}

void AccessKeys::Remove(std::string_view id) {
  const auto found = entries_.find(id);
  if (found != entries_.end()) entries_.erase(found);
}

void AccessKeys::RemoveTemporary() {
  std::erase_if(entries_,
                [](const auto& entry) { return entry.second.expires; });
}

const AccessKeys::Entry* AccessKeys::Find(std::string_view id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

const TemporaryKey::Lease& TemporaryKey::Current(Time now) {
  if (!lease_ || now >= lease_->expires - lifetime_ / 2 ||
      keys_.Find(lease_->key.id) == nullptr) {
    // As long as real ones are.
    constexpr std::size_t kSecurityTokenBytes = 1500;
    lease_ = Lease{.key = {.id = "HST" + RandomText(17),
                           .secret = RandomText(40),
                           .security_token = RandomText(kSecurityTokenBytes)},
                   .expires = now + lifetime_};
    keys_.Add(lease_->key, lease_->expires);
  }
  return *lease_;
}

std::string Tokens::Issue(std::string_view project, std::size_t bytes, Time now,
                          std::chrono::milliseconds lifetime) {
  // Short lives would fill the memory of a long run with the dead.
  static constexpr std::chrono::minutes kRemembered(10);
  std::erase_if(entries_, [now](const auto& entry) {
    return entry.second.expires && *entry.second.expires + kRemembered < now;
  });
  std::string token = "MII" + RandomText(bytes - 3);
  entries_[token] = {.project = std::string(project),
                     .expires = now + lifetime};
  return token;
}

void Tokens::Accept(std::string_view token) {
  entries_[std::string(token)] = {};
}

void Tokens::RevokeAll() {
  for (auto& [text, entry] : entries_) entry.revoked = true;
}

Tokens::Verdict Tokens::Check(std::string_view token, Time now) const {
  const auto found = entries_.find(token);
  if (found == entries_.end()) return {State::kUnknown, {}};
  const Entry& entry = found->second;
  if (entry.revoked) return {State::kRevoked, entry.project};
  if (entry.expires && now >= *entry.expires) {
    return {State::kExpired, entry.project};
  }
  return {State::kValid, entry.project};
}

std::string RandomText(std::size_t count) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text(count, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(text.data()),
             static_cast<int>(count));
  for (char& c : text) c = kAlphabet[static_cast<unsigned char>(c) % 64U];
  return text;
}

}  // namespace simulator
