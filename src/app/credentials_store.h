#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "auth/credentials.h"
#include "auth/iam_user.h"
#include "config/config.h"
#include "net/transport.h"

namespace exporter {

// Makes credentials from the configuration, and keeps those that a reload does
// not change: their tokens, and what is known of their account.
//
// Not safe for concurrent use: it belongs to the thread that uses the
// credentials.
class CredentialsStore {
 public:
  struct Held {
    std::shared_ptr<Credentials> credentials;
    // Equal for projects whose credentials are the same now, by whatever files.
    // Stays when a secret changes in its file: what is tried with the new one
    // before the next call counts after it, too.
    std::string account;
  };

  // The credentials of `project`, whose requests go by `transport`. Projects
  // with equal credentials share them, but for tokens, which are of one
  // project.
  Held For(const ProjectConfig& project,
           const std::shared_ptr<const Transport>& transport);

  // Lets go of all that For was not asked for since the last call.
  void DropUnused();

 private:
  struct Account {
    CredentialsConfig config;
    Transport transport;
    std::string name;
    std::string lock;               // What Held calls the account.
    std::string digest = {};        // Of the secret, as last read.
    bool has_changed = false;       // Since the lock was settled.
    std::shared_ptr<IamUser> user;  // Of a password.
    bool used = true;
  };
  struct Known {
    std::string account;
    std::string project_id;  // Empty unless they are of one project.
    std::shared_ptr<Credentials> credentials;
    bool used = true;
  };

  Account& AccountFor(const ProjectConfig& project,
                      const std::shared_ptr<const Transport>& transport);
  std::string NewName();
  static void Look(Account& account);
  void Settle(Account& account);

  std::vector<Account> accounts_;
  std::vector<Known> known_;
  int last_account_ = 0;
  bool has_looked_ = false;  // At the secrets, since the last DropUnused.
};

}  // namespace exporter
