#include "auth/access_key.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "auth/replies.h"
#include "support/fake_clock.h"
#include "support/temp_folder.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using Readiness = Credentials::Readiness;

TEST(AccessKeyTest, SignsWithItsKey) {
  const FakeClock clock;
  const SigningKey key{Secret("AK"), Secret("SK"), Secret("ST")};
  AccessKey credentials(ReadKeyParts(Given(key.id), Given(key.secret),
                                     Given(key.security_token)));

  const Result<HttpRequest> request =
      credentials.Prove(Question(), clock.WallNow());

  EXPECT_EQ(credentials.State(clock.WallNow()), Readiness::kReady);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->headers, Sign(Question(), key, clock.WallNow()).headers);
  EXPECT_EQ(credentials.MayBeLocked(), Credentials::Lockable::kKey);
}

TEST(AccessKeyTest, SignsTheProjectThatItAsksFor) {
  const FakeClock clock;
  AccessKey credentials(
      ReadKeyParts(Given(Secret("AK")), Given(Secret("SK")), std::nullopt));

  const auto request = credentials.Prove(Question(), clock.WallNow());

  ASSERT_TRUE(request);
  EXPECT_EQ(HeaderOf(*request, "X-Project-Id"), "p1");
  EXPECT_NE(HeaderOf(*request, "Authorization")
                .find("SignedHeaders=host;x-project-id;x-sdk-date,"),
            std::string::npos);
}

TEST(AccessKeyTest, KeepsItsKeyWhenRefusedSinceNobodyElseHasAnother) {
  const FakeClock clock;
  AccessKey credentials(
      ReadKeyParts(Given(Secret("AK")), Given(Secret("SK")), std::nullopt));
  const std::uint64_t generation = credentials.Generation();

  credentials.Refused(*credentials.Prove(Question(), clock.WallNow()));

  EXPECT_EQ(credentials.State(clock.WallNow()), Readiness::kReady);
  EXPECT_EQ(credentials.Generation(), generation);
  EXPECT_FALSE(credentials.Renewal(clock.WallNow()));
}

TEST(AccessKeyTest, SaysWhichPartIsMissing) {
  const FakeClock clock;
  const TempFolder folder;
  AccessKey credentials(ReadKeyParts(Given(Secret("AK")),
                                     FromFile(folder.path() + "/sk"),
                                     Given(Secret("ST"))));

  const Result<HttpRequest> request =
      credentials.Prove(Question(), clock.WallNow());

  EXPECT_EQ(credentials.State(clock.WallNow()), Readiness::kNone);
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().kind, ErrorKind::kCredentials);
  EXPECT_NE(request.error().message.find(folder.path() + "/sk"),
            std::string::npos);
}

TEST(AccessKeyTest, SignsWithTheNewKeyOnceItsFilesChanged) {
  FakeClock clock;
  const TempFolder folder;
  AccessKey credentials(ReadKeyParts(FromFile(folder.Write("ak", "AK1")),
                                     FromFile(folder.Write("sk", "SK1")),
                                     FromFile(folder.Write("st", "ST1"))));
  const std::uint64_t generation = credentials.Generation();

  folder.Write("ak", "AK2");
  folder.Write("sk", "SK2");
  folder.Write("st", "ST2");
  clock.Advance(1s);
  credentials.Refresh(clock.WallNow());

  EXPECT_EQ(credentials.Generation(), generation + 1);
  EXPECT_TRUE(IsSignedWith(*credentials.Prove(Question(), clock.WallNow()),
                           {Secret("AK2"), Secret("SK2"), Secret("ST2")}));
}

}  // namespace
}  // namespace exporter
