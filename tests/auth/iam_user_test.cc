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

  FakeClock clock_;
  TempFolder folder_;
  std::string password_file_ = folder_.Write("password", "p4ss\"w\\rd\n");
  IamUser user_{Settings()};
};

TEST_F(IamUserTest, AsksAsTheReferenceSays) {
  const auto request = user_.Ask("p1");

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

TEST_F(IamUserTest, NamesTheUserWhomIamRefused) {
  const auto token = user_.Decode(
      Reply(401, R"({"error":{"message":"wrong p4ss\"w\\rd"}})"), Now());

  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().message,
            "IAM refused user \"exporter\" of domain \"acme\": POST "
            "https://iam.example.com/v3/auth/tokens: HTTP 401: "
            "wrong <secret>");
}

TEST_F(IamUserTest, AsksWithANewPassword) {
  folder_.Write("password", "better");
  clock_.Advance(1s);
  user_.Refresh(Now());

  EXPECT_EQ(user_.PasswordVersion(), 1);
  const auto request = user_.Ask("p1");
  ASSERT_TRUE(request);
  EXPECT_NE(request->body.find("better"), std::string::npos);
}

TEST_F(IamUserTest, SaysWhatIsWrongWithItsPassword) {
  folder_.Write("password", "");
  user_.Refresh(Now());
  EXPECT_NE(user_.Obstacle()->message.find("is empty"), std::string::npos);
  EXPECT_FALSE(user_.Ask("p1"));

  folder_.Write("password", "\xFF");
  clock_.Advance(1s);
  user_.Refresh(Now());
  EXPECT_EQ(user_.Obstacle()->message, "the password is not UTF-8");
}

}  // namespace
}  // namespace exporter
