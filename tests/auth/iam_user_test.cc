#include "auth/iam_user.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "auth/replies.h"
#include "support/fake_clock.h"
#include "support/temp_folder.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

HttpReply Issued(const std::string& token, std::string body = "{}") {
  return HttpReply{201, {{"X-Subject-Token", token}}, std::move(body)};
}

class IamUserTest : public testing::Test {
 protected:
  IamUser::Settings Settings() const {
    IamUser::Settings settings;
    settings.endpoint = "https://iam.example.com/";
    settings.domain = "acme";
    settings.name = "exporter";
    settings.password = FromFile(folder_.path() + "/password");
    settings.transport = std::make_shared<Transport>();
    return settings;
  }

  WallTime Now() const { return clock_.WallNow(); }

  void Answer(const std::string& project, const Result<HttpReply>& reply) {
    (void)user_.Answered(project, user_.PasswordVersion(), reply, Now());
  }

  void AskAndAnswer(const std::string& project,
                    const Result<HttpReply>& reply) {
    ASSERT_TRUE(user_.Ask(project, Now()));
    Answer(project, reply);
  }

  FakeClock clock_;
  TempFolder folder_;
  std::string password_file_ = folder_.Write("password", "p4ss\"w\\rd\n");
  IamUser user_{Settings()};
};

TEST_F(IamUserTest, AsksAsTheReferenceSays) {
  const auto request = user_.Ask("p1", Now());

  ASSERT_TRUE(request);
  EXPECT_EQ(request->method, "POST");
  EXPECT_EQ(request->url,
            "https://iam.example.com/v3/auth/tokens?nocatalog=true");
  EXPECT_EQ(HeaderOf(*request, "Content-Type"), "application/json");
  EXPECT_EQ(request->body,
            R"({"auth":{"identity":{"methods":["password"],"password":{"user":)"
            R"({"domain":{"name":"acme"},"name":"exporter",)"
            R"("password":"p4ss\"w\\rd"}}},"scope":{"project":{"id":"p1"}}}})");
  EXPECT_NE(request->transport, nullptr);
}

TEST_F(IamUserTest, LetsTheFirstOneGoAloneAndThenThreeAtATime) {
  ASSERT_TRUE(user_.Ask("p1", Now()));
  EXPECT_FALSE(user_.Ask("p2", Now()));

  Answer("p1", Issued("t"));
  EXPECT_TRUE(user_.Ask("p2", Now()));
  EXPECT_TRUE(user_.Ask("p3", Now()));
  EXPECT_TRUE(user_.Ask("p4", Now()));
  EXPECT_FALSE(user_.Ask("p5", Now()));

  user_.Forgotten();
  EXPECT_TRUE(user_.Ask("p5", Now()));
}

TEST_F(IamUserTest, LetsTheNextOneGoWhenThereWasNoVerdict) {
  AskAndAnswer("p1", NoReply());
  AskAndAnswer("p2", Reply(503));
  AskAndAnswer("p3", Reply(404));

  EXPECT_TRUE(user_.Ask("p4", Now()));
}

TEST_F(IamUserTest, HoldsEveryProjectBackForAMinuteAfterARefusal) {
  AskAndAnswer("p1",
               Reply(401, R"({"error":{"message":"wrong p4ss\"w\\rd"}})"));

  const auto obstacle = user_.Obstacle(Now());
  ASSERT_TRUE(obstacle);
  EXPECT_EQ(obstacle->message,
            "IAM refused user \"exporter\" of domain \"acme\": POST "
            "https://iam.example.com/v3/auth/tokens: HTTP 401: "
            "wrong <secret>");
  clock_.Advance(59s);
  EXPECT_FALSE(user_.Ask("p2", Now()));
  clock_.Advance(1s);
  EXPECT_FALSE(user_.Obstacle(Now()));
  EXPECT_TRUE(user_.Ask("p2", Now()));
  EXPECT_FALSE(user_.Ask("p3", Now()));
}

TEST_F(IamUserTest, NeverLetsARefusedProjectStarveTheOthers) {
  AskAndAnswer("p1", Reply(401));
  EXPECT_FALSE(user_.Ask("p2", Now()));
  clock_.Advance(60s);

  EXPECT_FALSE(user_.Ask("p1", Now()));
  EXPECT_TRUE(user_.Ask("p2", Now()));
  Answer("p2", NoReply());
  EXPECT_TRUE(user_.Ask("p1", Now()));
}

TEST_F(IamUserTest, LetsARefusedProjectThatIsAloneTryAgain) {
  AskAndAnswer("p1", Reply(403));
  clock_.Advance(60s);

  EXPECT_TRUE(user_.Ask("p1", Now()));
}

TEST_F(IamUserTest, TriesANewPasswordAtOnce) {
  AskAndAnswer("p1", Reply(401));
  folder_.Write("password", "better");
  clock_.Advance(1s);
  user_.Refresh(Now());

  EXPECT_FALSE(user_.Obstacle(Now()));
  const auto request = user_.Ask("p1", Now());
  ASSERT_TRUE(request);
  EXPECT_NE(request->body.find("better"), std::string::npos);
}

TEST_F(IamUserTest, DoesNotHoldTheRefusalOfAnOldPasswordAgainstTheNewOne) {
  ASSERT_TRUE(user_.Ask("p1", Now()));
  const std::uint64_t asked_with = user_.PasswordVersion();
  folder_.Write("password", "better");
  user_.Refresh(Now());

  EXPECT_FALSE(user_.Answered("p1", asked_with, Reply(401), Now()));

  EXPECT_FALSE(user_.Obstacle(Now()));
}

TEST_F(IamUserTest, SaysWhatIsWrongWithItsPassword) {
  folder_.Write("password", "");
  user_.Refresh(Now());
  EXPECT_NE(user_.Obstacle(Now())->message.find("is empty"), std::string::npos);
  EXPECT_FALSE(user_.Ask("p1", Now()));

  folder_.Write("password", "\xFF");
  clock_.Advance(1s);
  user_.Refresh(Now());
  EXPECT_EQ(user_.Obstacle(Now())->message, "the password is not UTF-8");
}

}  // namespace
}  // namespace exporter
