#include "app/credentials_store.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <utility>
#include <variant>

#include "auth/access_key.h"
#include "auth/chain.h"
#include "auth/environment.h"
#include "auth/iam_password.h"
#include "auth/instance_metadata.h"
#include "auth/pod_identity.h"
#include "auth/profile.h"
#include "auth/secret_file.h"
#include "auth/token.h"

namespace exporter {
namespace {

const Environment kEnvironment = [](const char* name) {
  return std::getenv(name);
};

SecretReader ReaderOf(const SecretSource& source,
                      SecretForm form = SecretForm::kKey) {
  return source.file.empty() ? Given(source.value)
                             : FromFile(source.file, form);
}

KeyReader ReaderOf(const AccessKeyConfig& config) {
  std::optional<SecretReader> security_token;
  if (config.security_token) security_token = ReaderOf(*config.security_token);
  return ReadKeyParts(ReaderOf(config.id), ReaderOf(config.secret),
                      security_token);
}

std::string Hashed(const std::string& text) {
  return std::to_string(std::hash<std::string>()(text));
}

// What tells the secrets that the cloud would lock from others, by whatever
// files they come. Empty if they cannot be read now, or lock nothing.
std::string DigestOf(const CredentialsConfig& config) {
  if (const auto* access_key = std::get_if<AccessKeyConfig>(&config)) {
    const Result<SigningKey> key = ReaderOf(*access_key)();
    if (!key) return {};
    return "key " + Hashed(key->id.Reveal() + '\n' + key->secret.Reveal());
  }
  if (const auto* user = std::get_if<PasswordConfig>(&config)) {
    const Result<Secret> password =
        ReaderOf(user->password, SecretForm::kPassword)();
    if (!password) return {};
    return "user " + Hashed(user->iam_endpoint + '\n' + user->domain + '\n' +
                            user->user + '\n' + password->Reveal());
  }
  return {};
}

struct Maker {
  const std::shared_ptr<IamUser>& user;
  const std::string& project_id;

  std::unique_ptr<Credentials> operator()(const DefaultChainConfig&) const {
    return Chain::Default(kEnvironment);
  }
  std::unique_ptr<Credentials> operator()(const TokenConfig& config) const {
    return std::make_unique<Token>(ReaderOf(config.token));
  }
  std::unique_ptr<Credentials> operator()(const PasswordConfig&) const {
    return std::make_unique<IamPassword>(user, project_id);
  }
  std::unique_ptr<Credentials> operator()(const AccessKeyConfig& config) const {
    return std::make_unique<AccessKey>(ReaderOf(config));
  }
  std::unique_ptr<Credentials> operator()(const EnvironmentConfig&) const {
    return std::make_unique<AccessKey>(KeyFromEnvironment(kEnvironment));
  }
  std::unique_ptr<Credentials> operator()(const ProfileConfig& config) const {
    return std::make_unique<AccessKey>(
        KeyFromProfile(FindProfile(config.file, kEnvironment), config.section));
  }
  std::unique_ptr<Credentials> operator()(
      const InstanceMetadataConfig& config) const {
    return std::make_unique<InstanceMetadata>(config.endpoint);
  }
  std::unique_ptr<Credentials> operator()(const PodIdentityConfig&) const {
    return std::make_unique<PodIdentity>(
        PodIdentity::FromEnvironment(kEnvironment));
  }
};

}  // namespace

CredentialsStore::Account& CredentialsStore::AccountFor(
    const ProjectConfig& project,
    const std::shared_ptr<const Transport>& transport) {
  const auto* password = std::get_if<PasswordConfig>(&project.credentials);
  // Only a password is sent by the transport of the project.
  const Transport way = password != nullptr ? *transport : Transport();
  const auto known = std::find_if(
      accounts_.begin(), accounts_.end(), [&](const Account& account) {
        return account.config == project.credentials &&
               account.transport == way;
      });
  if (known != accounts_.end()) return *known;

  const std::string name = NewName();
  Account account{.config = project.credentials,
                  .transport = way,
                  .name = name,
                  .lock = name,
                  .user = nullptr};
  if (password != nullptr) {
    account.user = std::make_shared<IamUser>(IamUser::Settings{
        .endpoint = password->iam_endpoint,
        .domain = password->domain,
        .name = password->user,
        .password = ReaderOf(password->password, SecretForm::kPassword),
        .transport = transport,
        .timeout = project.http.timeout});
  }
  Account& added = accounts_.emplace_back(std::move(account));
  Look(added);
  return added;
}

std::string CredentialsStore::NewName() {
  std::string name = std::to_string(++last_account_);
  name.insert(0, "account ");
  return name;
}

// What cannot be read now may come back as it was.
void CredentialsStore::Look(Account& account) {
  std::string digest = DigestOf(account.config);
  if (digest.empty() || digest == account.digest) return;
  account.digest = std::move(digest);
  account.has_changed = true;
}

// A new secret keeps the lock, and with it the tries that were made with it
// before this call, unless others have the same secret, or still the old one.
// The lock of one that changed and is not asked for is of its old secret.
void CredentialsStore::Settle(Account& account) {
  if (!std::exchange(account.has_changed, false)) return;
  const auto same = std::find_if(
      accounts_.begin(), accounts_.end(), [&](const Account& other) {
        return &other != &account && !other.has_changed &&
               other.digest == account.digest;
      });
  if (same != accounts_.end()) {
    account.lock = same->lock;
    return;
  }
  const bool is_of_others = std::any_of(
      accounts_.begin(), accounts_.end(), [&](const Account& other) {
        return other.lock == account.lock && other.digest != account.digest;
      });
  if (is_of_others) account.lock = NewName();
}

CredentialsStore::Held CredentialsStore::For(
    const ProjectConfig& project,
    const std::shared_ptr<const Transport>& transport) {
  if (!std::exchange(has_looked_, true)) {
    for (Account& known : accounts_) Look(known);
  }
  Account& account = AccountFor(project, transport);
  Settle(account);
  account.used = true;
  const std::string project_id =
      account.user ? project.project_id : std::string();
  for (Known& known : known_) {
    if (known.account == account.name && known.project_id == project_id) {
      known.used = true;
      return {known.credentials, account.lock};
    }
  }
  known_.push_back(
      {.account = account.name,
       .project_id = project_id,
       .credentials = std::visit(Maker{account.user, project.project_id},
                                 project.credentials)});
  return {known_.back().credentials, account.lock};
}

void CredentialsStore::DropUnused() {
  const auto is_unused = [](const auto& held) { return !held.used; };
  std::erase_if(known_, is_unused);
  std::erase_if(accounts_, is_unused);
  for (Known& known : known_) known.used = false;
  for (Account& account : accounts_) account.used = false;
  has_looked_ = false;
}

}  // namespace exporter
