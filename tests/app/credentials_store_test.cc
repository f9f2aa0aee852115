#include "app/credentials_store.h"

#include <gtest/gtest.h>

#include "support/temp_folder.h"

namespace exporter {
namespace {

ProjectConfig Project(const std::string& id, CredentialsConfig credentials) {
  ProjectConfig project;
  project.project_id = id;
  project.credentials = std::move(credentials);
  return project;
}

TokenConfig TokenOf(const std::string& token) {
  return {.token = {.value = Secret(token), .file = {}}};
}

PasswordConfig PasswordOf(const std::string& user) {
  return {.domain = "acme",
          .user = user,
          .password = {.value = Secret("a password"), .file = {}},
          .iam_endpoint = "https://iam.example.com"};
}

class CredentialsStoreTest : public testing::Test {
 protected:
  CredentialsStore::Held For(const ProjectConfig& project,
                             Transport transport = {}) {
    return store_.For(project,
                      std::make_shared<const Transport>(std::move(transport)));
  }

  CredentialsStore store_;
};

TEST_F(CredentialsStoreTest, ProjectsWithEqualCredentialsShareThem) {
  const auto one = For(Project("p1", TokenOf("t")));
  const auto other = For(Project("p2", TokenOf("t")));
  EXPECT_EQ(one.credentials, other.credentials);
  EXPECT_EQ(one.account, other.account);
}

TEST_F(CredentialsStoreTest, OtherCredentialsAreAnotherAccount) {
  const auto one = For(Project("p1", TokenOf("t1")));
  const auto other = For(Project("p2", TokenOf("t2")));
  EXPECT_NE(one.credentials, other.credentials);
  EXPECT_NE(one.account, other.account);
}

// A token is of one project; the account that a wrong password locks is one.
TEST_F(CredentialsStoreTest, AUserOfTwoProjectsIsOneAccountWithTwoTokens) {
  const auto one = For(Project("p1", PasswordOf("exporter")));
  const auto other = For(Project("p2", PasswordOf("exporter")));
  EXPECT_NE(one.credentials, other.credentials);
  EXPECT_EQ(one.account, other.account);
  EXPECT_NE(one.account, For(Project("p3", PasswordOf("other"))).account);
}

// It goes there by itself, but it is the same user that a wrong one locks.
TEST_F(CredentialsStoreTest, APasswordOnAnotherWayIsNotShared) {
  const auto direct = For(Project("p1", PasswordOf("exporter")));
  Transport proxied;
  proxied.proxy_url = Secret("http://proxy.example.com:3128");
  const auto by_proxy = For(Project("p1", PasswordOf("exporter")), proxied);
  EXPECT_NE(direct.credentials, by_proxy.credentials);
  EXPECT_EQ(direct.account, by_proxy.account);
}

TEST_F(CredentialsStoreTest, TheSameKeyInOtherFilesIsTheSameAccount) {
  const TempFolder folder;
  const SecretSource given{.value = Secret("x"), .file = {}};
  const auto with_secret = [&](const SecretSource& secret) {
    return AccessKeyConfig{
        .id = given, .secret = secret, .security_token = std::nullopt};
  };
  const auto in_file = [&](const std::string& name, const std::string& text) {
    return with_secret({.value = {}, .file = folder.Write(name, text)});
  };

  const auto inlined = For(Project("p1", with_secret(given)));
  const auto one = For(Project("p2", in_file("one", "x")));
  const auto other = For(Project("p3", in_file("other", "x\n")));
  EXPECT_NE(one.credentials, other.credentials);
  EXPECT_EQ(one.account, other.account);
  EXPECT_EQ(one.account, inlined.account);
  EXPECT_NE(one.account, For(Project("p4", in_file("wrong", "y"))).account);

  const AccessKeyConfig absent = with_secret({.value = {}, .file = "absent"});
  EXPECT_NE(For(Project("p5", absent)).account, one.account);
}

TEST_F(CredentialsStoreTest, AReloadKeepsWhatStaysAndDropsWhatIsGone) {
  const auto kept = For(Project("p1", TokenOf("kept")));
  const std::weak_ptr<Credentials> gone =
      For(Project("p2", TokenOf("gone"))).credentials;
  store_.DropUnused();
  EXPECT_FALSE(gone.expired());

  const auto again = For(Project("p1", TokenOf("kept")));
  store_.DropUnused();

  EXPECT_EQ(again.credentials, kept.credentials);
  EXPECT_EQ(again.account, kept.account);
  EXPECT_TRUE(gone.expired());
}

// Else the new account would inherit the verdict about the old one.
TEST_F(CredentialsStoreTest, AnAccountThatCameBackIsANewOne) {
  const std::string before = For(Project("p1", TokenOf("t"))).account;
  store_.DropUnused();
  store_.DropUnused();
  EXPECT_NE(For(Project("p1", TokenOf("t"))).account, before);
}

TEST_F(CredentialsStoreTest, MakesCredentialsOfEveryKind) {
  const SecretSource given{.value = Secret("x"), .file = {}};
  for (const CredentialsConfig& config :
       {CredentialsConfig(DefaultChainConfig{}),
        CredentialsConfig(TokenOf("t")),
        CredentialsConfig(PasswordOf("exporter")),
        CredentialsConfig(AccessKeyConfig{
            .id = given, .secret = given, .security_token = given}),
        CredentialsConfig(EnvironmentConfig{}),
        CredentialsConfig(ProfileConfig{.file = "absent"}),
        CredentialsConfig(InstanceMetadataConfig{}),
        CredentialsConfig(PodIdentityConfig{})}) {
    EXPECT_NE(For(Project("p", config)).credentials, nullptr) << config.index();
  }
}

}  // namespace
}  // namespace exporter
