#include "access/basic_auth.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

namespace exporter {
namespace {

// "secret", at the least cost.
constexpr char kCost4[] =
    "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";

BasicCredentials Say(const std::string& user, const std::string& password) {
  return {.user = user, .password = Secret(password)};
}

TEST(BasicAuthTest, KnowsThePasswordOfEachUser) {
  BasicAuth auth({{"prometheus", Secret(kCost4)}});

  EXPECT_TRUE(auth.Verify(Say("prometheus", "secret")));
  EXPECT_FALSE(auth.Verify(Say("prometheus", "Secret")));
  EXPECT_FALSE(auth.Verify(Say("prometheus", "")));
  EXPECT_FALSE(auth.Verify(Say("Prometheus", "secret")));
  EXPECT_FALSE(auth.Verify(Say("nobody", "secret")));
  EXPECT_FALSE(auth.Verify(Say("", "")));
}

TEST(BasicAuthTest, ReadsTheThreeKindsOfBcrypt) {
  for (const char kind : {'a', 'b', 'y'}) {
    std::string hash = kCost4;
    hash[2] = kind;
    BasicAuth auth({{"u", Secret(hash)}});
    EXPECT_TRUE(auth.Verify(Say("u", "secret"))) << kind;
  }
}

TEST(BasicAuthTest, RemembersWhatItVerifiedAndNothingElse) {
  BasicAuth auth({{"u", Secret(kCost4)}});
  EXPECT_FALSE(auth.Remembers(auth.DigestOf(Say("u", "secret"))));

  EXPECT_TRUE(auth.Verify(Say("u", "secret")));
  EXPECT_FALSE(auth.Verify(Say("u", "wrong")));

  EXPECT_TRUE(auth.Remembers(auth.DigestOf(Say("u", "secret"))));
  EXPECT_FALSE(auth.Remembers(auth.DigestOf(Say("u", "wrong"))));
  EXPECT_FALSE(auth.Remembers(auth.DigestOf(Say("v", "secret"))));
}

TEST(BasicAuthTest, DoesNotRememberEndlessly) {
  // bcrypt reads 72 bytes, so all of these are right.
  const std::string password(72, 'x');
  BasicAuth auth({{"u", Secret("$2b$04$......................SZFhVdUK5wG"
                               "KY4lx/QrgUMHG0XsWjbi")}});
  ASSERT_TRUE(auth.Verify(Say("u", password)));
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(auth.Verify(Say("u", password + std::to_string(i))));
  }
  EXPECT_FALSE(auth.Remembers(auth.DigestOf(Say("u", password))));
}

// Of this thread, so that what else the machine does plays no part.
double CpuSeconds() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) +
         static_cast<double>(used.tv_nsec) * 1e-9;
}

TEST(BasicAuthTest, TellsStrangersNothingByItsTime) {
  std::string dear = kCost4;
  dear[5] = '8';
  BasicAuth auth({{"u", Secret(dear)}});
  const auto measure = [&](const std::string& user, double& least) {
    const double start = CpuSeconds();
    EXPECT_FALSE(auth.Verify(Say(user, "wrong")));
    least = std::min(least, CpuSeconds() - start);
  };

  double known = 1e9;
  double unknown = 1e9;
  for (int i = 0; i < 10; ++i) {
    measure("u", known);
    measure("nobody", unknown);
  }

  EXPECT_LT(known / unknown, 1.5);
  EXPECT_LT(unknown / known, 1.5);
}

TEST(IsBcryptHashTest, KnowsTheForm) {
  std::string hash = kCost4;
  EXPECT_TRUE(IsBcryptHash(hash));
  for (const auto& [index, c] : {std::pair<std::size_t, char>{0, '%'},
                                 {1, '1'},
                                 {2, 'x'},
                                 {3, '.'},
                                 {4, '3'},
                                 {4, 'a'},
                                 {5, '3'},
                                 {6, '.'},
                                 {7, '!'},
                                 {59, '='}}) {
    std::string bad = hash;
    bad[index] = c;
    EXPECT_FALSE(IsBcryptHash(bad)) << bad;
  }
  EXPECT_FALSE(IsBcryptHash(""));
  EXPECT_FALSE(IsBcryptHash("secret"));
  EXPECT_FALSE(IsBcryptHash(hash + "a"));
  EXPECT_FALSE(IsBcryptHash(hash.substr(0, 59)));
}

TEST(ParseBasicCredentialsTest, ReadsUserAndPassword) {
  const struct {
    const char* header;
    const char* user;
    const char* password;
  } kCases[] = {
      {"Basic dTpw", "u", "p"},          {"basic dTpw", "u", "p"},
      {"Basic   dTpw", "u", "p"},        {"Basic dTpwOnE=", "u", "p:q"},
      {"Basic dTo=", "u", ""},           {"Basic OnA=", "", "p"},
      {"Basic w6TDtjrDvA==", "äö", "ü"},
  };
  for (const auto& [header, user, password] : kCases) {
    const auto credentials = ParseBasicCredentials(header);
    ASSERT_TRUE(credentials) << header;
    EXPECT_EQ(credentials->user, user);
    EXPECT_EQ(credentials->password.Reveal(), password);
  }
}

TEST(ParseBasicCredentialsTest, ReadsNothingElse) {
  for (const char* header :
       {"", "Basic", "Basic ", "Bearer dTpw", "BasicdTpw", "Basic dTp",
        "Basic !!!!", "Basic dXA=", "Basic dTpwAA==", "Basic dTpw, Basic dTpw",
        "Basic ====", "Basic dTpw="}) {
    EXPECT_FALSE(ParseBasicCredentials(header)) << header;
  }
}

}  // namespace
}  // namespace exporter
