#include "app/credentials_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <utility>

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

AccessKeyConfig KeyWithSecretIn(const std::string& file) {
  return {.id = {.value = Secret("x"), .file = {}},
          .secret = {.value = {}, .file = file},
          .security_token = std::nullopt};
}

PasswordConfig PasswordIn(const std::string& file) {
  PasswordConfig config = PasswordOf("exporter");
  config.password = {.value = {}, .file = file};
  return config;
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

// Else a reload would forget the tries that were made with the new secret.
TEST_F(CredentialsStoreTest, ASecretThatChangedInItsFileStaysTheSameAccount) {
  const TempFolder folder;
  const std::string file = folder.Write("secret", "one");
  for (const CredentialsConfig& config :
       {CredentialsConfig(KeyWithSecretIn(file)),
        CredentialsConfig(PasswordIn(file))}) {
    (void)folder.Write("secret", "one");
    const std::string before = For(Project("p1", config)).account;
    EXPECT_EQ(For(Project("p2", config)).account, before);
    store_.DropUnused();

    (void)folder.Write("secret", "other");
    EXPECT_EQ(For(Project("p1", config)).account, before);
    EXPECT_EQ(For(Project("p2", config)).account, before);
    store_.DropUnused();

    std::filesystem::remove(file);
    EXPECT_EQ(For(Project("p1", config)).account, before);
    store_.DropUnused();
    (void)folder.Write("secret", "third");
    EXPECT_EQ(For(Project("p1", config)).account, before);
    store_.DropUnused();
  }
}

TEST_F(CredentialsStoreTest, SecretsInTwoFilesPartAndMeetByWhatTheyHoldNow) {
  const TempFolder folder;
  const auto in_file = [&](const std::string& name, const std::string& text) {
    return KeyWithSecretIn(folder.Write(name, text));
  };
  const auto first = in_file("first", "one");
  const auto second = in_file("second", "one");
  const auto accounts = [&] {
    const std::pair both(For(Project("p1", first)).account,
                         For(Project("p2", second)).account);
    store_.DropUnused();
    return both;
  };
  const auto [first_one, second_one] = accounts();
  EXPECT_EQ(first_one, second_one);

  (void)folder.Write("first", "two");
  const auto [first_two, second_still_one] = accounts();
  EXPECT_NE(first_two, second_still_one);
  EXPECT_EQ(second_still_one, second_one);

  (void)folder.Write("second", "two");
  const auto [first_still_two, second_two] = accounts();
  EXPECT_EQ(first_still_two, first_two);
  EXPECT_EQ(second_two, first_two);

  (void)folder.Write("first", "three");
  (void)folder.Write("second", "three");
  const auto [first_three, second_three] = accounts();
  EXPECT_EQ(first_three, first_two);
  EXPECT_EQ(second_three, first_two);

  (void)folder.Write("first", "four");
  (void)folder.Write("second", "five");
  const auto [first_four, second_five] = accounts();
  EXPECT_NE(first_four, second_five);
}

// Nobody tells the verdict on the old secret that it is out of date.
TEST_F(CredentialsStoreTest, OtherCredentialsWithANewSecretAreAnotherAccount) {
  const TempFolder folder;
  const std::string file = folder.Write("secret", "one");
  const std::string before = For(Project("p1", PasswordIn(file))).account;
  store_.DropUnused();
  (void)folder.Write("secret", "other");
  Transport proxied;
  proxied.proxy_url = Secret("http://proxy.example.com:3128");
  EXPECT_NE(For(Project("p1", PasswordIn(file)), proxied).account, before);
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
