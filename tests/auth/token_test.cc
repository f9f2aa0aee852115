#include "auth/token.h"

#include <gtest/gtest.h>

#include <string>

#include "support/fake_clock.h"
#include "support/temp_folder.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

TEST(TokenTest, SendsItsToken) {
  const FakeClock clock;
  Token token(Given(Secret("t0ken")));

  const Result<HttpRequest> request = token.Prove({}, clock.WallNow());

  EXPECT_EQ(token.State(clock.WallNow()), Credentials::Readiness::kReady);
  ASSERT_TRUE(request);
  ASSERT_EQ(request->headers.size(), 1U);
  EXPECT_EQ(request->headers[0].first, "X-Auth-Token");
  EXPECT_EQ(request->headers[0].second, "t0ken");
}

TEST(TokenTest, DoesNotSayTheProjectThatItIsOf) {
  const FakeClock clock;
  Token token(Given(Secret("t0ken")));
  HttpRequest question;
  question.headers = {{"X-Project-Id", "p1"}, {"Accept", "*/*"}};

  const Result<HttpRequest> request =
      token.Prove(std::move(question), clock.WallNow());

  ASSERT_TRUE(request);
  EXPECT_EQ(request->headers,
            (std::vector<std::pair<std::string, std::string>>{
                {"Accept", "*/*"}, {"X-Auth-Token", "t0ken"}}));
}

TEST(IsProvedByTest, KnowsItsToken) {
  const HttpRequest request = WithToken({}, Secret("t0ken"));

  EXPECT_TRUE(IsProvedBy(request, Secret("t0ken")));
  EXPECT_FALSE(IsProvedBy(request, Secret("t0ke")));
  EXPECT_FALSE(IsProvedBy({}, Secret("t0ken")));
}

TEST(TokenTest, SendsTokensOf32Kilobytes) {
  const FakeClock clock;
  const std::string text(32768, 'x');
  const TempFolder folder;
  Token token(FromFile(folder.Write("token", text)));

  const Result<HttpRequest> request = token.Prove({}, clock.WallNow());

  ASSERT_TRUE(request);
  EXPECT_EQ(request->headers[0].second, text);
}

TEST(TokenTest, KeepsItsTokenWhenRefusedSinceNobodyElseHasAnother) {
  const FakeClock clock;
  Token token(Given(Secret("t0ken")));
  const std::uint64_t generation = token.Generation();

  token.Refused(*token.Prove({}, clock.WallNow()));

  EXPECT_EQ(token.State(clock.WallNow()), Credentials::Readiness::kReady);
  EXPECT_EQ(token.Generation(), generation);
  EXPECT_FALSE(token.Renewal(clock.WallNow()));
  EXPECT_EQ(token.MayBeLocked(), Credentials::Lockable::kNothing);
  EXPECT_FALSE(token.Expiry());
}

TEST(TokenTest, SendsTheNewTokenOnceItsFileChanged) {
  FakeClock clock;
  const TempFolder folder;
  Token token(FromFile(folder.Write("token", "old")));
  const std::uint64_t generation = token.Generation();

  folder.Write("token", "new\n");
  clock.Advance(1s);
  token.Refresh(clock.WallNow());

  EXPECT_GT(token.Generation(), generation);
  EXPECT_EQ(token.Prove({}, clock.WallNow())->headers[0].second, "new");
}

TEST(TokenTest, SaysWhyThereIsNone) {
  FakeClock clock;
  const TempFolder folder;
  Token token(FromFile(folder.Write("token", "")));

  const Result<HttpRequest> request = token.Prove({}, clock.WallNow());

  EXPECT_EQ(token.State(clock.WallNow()), Credentials::Readiness::kNone);
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().kind, ErrorKind::kCredentials);
  EXPECT_EQ(request.error().message,
            "credentials file " + (folder.path() + "/token") + " is empty");
}

}  // namespace
}  // namespace exporter
