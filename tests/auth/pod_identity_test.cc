#include "auth/pod_identity.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "auth/replies.h"
#include "support/fake_clock.h"
#include "support/temp_folder.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using Readiness = Credentials::Readiness;

class PodIdentityTest : public testing::Test {
 protected:
  WallTime Now() const { return clock_.WallNow(); }

  std::string Message() {
    const auto request = credentials_.Prove(Question(), Now());
    return request ? "(proved)" : request.error().message;
  }

  FakeClock clock_;
  TempFolder folder_;
  PodIdentity credentials_{
      {"http://127.0.0.1:8080/v1/creds", folder_.Write("token", "jw.t\n")}};
};

TEST_F(PodIdentityTest, ShowsItsTokenAndSignsWithTheKeyItGets) {
  const auto renewal = credentials_.Renewal(Now());
  ASSERT_TRUE(renewal);
  EXPECT_EQ(renewal->kind, Credentials::RenewalKind::kMetadata);
  EXPECT_EQ(renewal->timeout, 3s);
  EXPECT_EQ(renewal->request.method, "POST");
  EXPECT_EQ(renewal->request.url, "http://127.0.0.1:8080/v1/creds");
  EXPECT_EQ(renewal->request.body, "{}");
  EXPECT_EQ(HeaderOf(renewal->request, "Authorization"), "jw.t");
  ASSERT_NE(renewal->request.transport, nullptr);
  EXPECT_TRUE(renewal->request.transport->proxy_url.Empty());
  EXPECT_FALSE(renewal->request.transport->proxy_from_environment);

  credentials_.Renewed(
      Reply(200,
            R"({"credentials":{"accessKeyId":"AK","secretAccessKey":"SK",)"
            R"("securityToken":"ST","expiration":"2024-01-01T06:00:00Z"}})"),
      Now());

  EXPECT_EQ(credentials_.State(Now()), Readiness::kReady);
  EXPECT_TRUE(IsSignedWith(*credentials_.Prove(Question(), Now()),
                           {Secret("AK"), Secret("SK"), Secret("ST")}));
  EXPECT_EQ(credentials_.Expiry(), Now() + 6h);
}

TEST_F(PodIdentityTest, ReadsItsTokenForEachRequest) {
  ASSERT_TRUE(credentials_.Renewal(Now()));
  credentials_.Renewed(Reply(401), Now());
  folder_.Write("token", "jw.t2");
  clock_.Advance(60s);

  const auto renewal = credentials_.Renewal(Now());

  ASSERT_TRUE(renewal);
  EXPECT_EQ(HeaderOf(renewal->request, "Authorization"), "jw.t2");
}

TEST_F(PodIdentityTest, SaysWhyThereIsNoKey) {
  ASSERT_TRUE(credentials_.Renewal(Now()));
  credentials_.Renewed(Reply(403, R"({"message":"not for jw.t"})"), Now());
  EXPECT_EQ(Message(),
            "no key of this pod's identity: the agent refused: HTTP 403: not "
            "for <secret>");

  clock_.Advance(60s);
  ASSERT_TRUE(credentials_.Renewal(Now()));
  credentials_.Renewed(NoReply(), Now());
  EXPECT_EQ(Message(),
            "no key of this pod's identity: asking the agent: "
            "connection refused");
}

TEST_F(PodIdentityTest, DoesNotAskWithoutAToken) {
  folder_.Write("token", "");

  EXPECT_FALSE(credentials_.Renewal(Now()));

  EXPECT_EQ(credentials_.State(Now()), Readiness::kNone);
  EXPECT_NE(Message().find("is empty"), std::string::npos);
  clock_.Advance(1s);
  folder_.Write("token", "jw.t");
  EXPECT_TRUE(credentials_.Renewal(Now()));
}

TEST_F(PodIdentityTest, ReadsATokenThatIsNotThereAtMostOnceASecond) {
  folder_.Write("token", "");
  EXPECT_FALSE(credentials_.Renewal(Now()));
  folder_.Write("token", "jw.t");

  clock_.Advance(999ms);
  EXPECT_FALSE(credentials_.Renewal(Now()));
  clock_.Advance(1ms);
  EXPECT_TRUE(credentials_.Renewal(Now()));
}

TEST_F(PodIdentityTest, ReadsATokenAgainWhenTheClockWasSetBack) {
  folder_.Write("token", "");
  EXPECT_FALSE(credentials_.Renewal(Now()));
  folder_.Write("token", "jw.t");

  EXPECT_TRUE(credentials_.Renewal(Now() - 1h));
}

TEST_F(PodIdentityTest, IsNotThereUnlessBothVariablesAreSetAndRight) {
  const struct {
    PodIdentity::Settings settings;
    const char* message;
  } kCases[] = {
      {{"", "/token"}, "HC_CONTAINER_CREDENTIALS_FULL_URI is not set"},
      {{"file:///etc/passwd", "/token"},
       "HC_CONTAINER_CREDENTIALS_FULL_URI is no http or https URL"},
      {{"http://h/\r\nX: 1", "/token"},
       "HC_CONTAINER_CREDENTIALS_FULL_URI is no http or https URL"},
      {{"https://h/", ""}, "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE is not set"},
  };
  for (const auto& [settings, message] : kCases) {
    PodIdentity credentials(settings);
    EXPECT_EQ(credentials.State(Now()), Readiness::kNone) << message;
    EXPECT_FALSE(credentials.Renewal(Now())) << message;
    EXPECT_EQ(credentials.Prove(Question(), Now()).error().message, message);
  }
}

TEST(PodIdentitySettingsTest, ComeFromTheEnvironment) {
  const auto settings =
      PodIdentity::FromEnvironment([](const char* name) -> const char* {
        const std::string_view variable = name;
        if (variable == "HC_CONTAINER_CREDENTIALS_FULL_URI") return "http://h/";
        return nullptr;
      });

  EXPECT_EQ(settings.uri, "http://h/");
  EXPECT_EQ(settings.token_file, "");
}

}  // namespace
}  // namespace exporter
