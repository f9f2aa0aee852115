#include "auth/chain.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "auth/instance_metadata.h"
#include "auth/pod_identity.h"
#include "auth/replies.h"
#include "auth/token.h"
#include "support/captured_log.h"
#include "support/fake_clock.h"
#include "support/temp_folder.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using Readiness = Credentials::Readiness;

constexpr char kTemporaryKey[] =
    R"({"credential":{"access":"AK","secret":"SK","securitytoken":"ST",)"
    R"("expires_at":"2024-01-01T01:00:00.000000Z"}})";

// A file for a token, and then the metadata service of two servers.
class ChainTest : public testing::Test {
 protected:
  ChainTest() {
    std::vector<Chain::Link> links;
    links.push_back(
        {"file", std::make_unique<Token>(FromFile(folder_.path() + "/token"))});
    links.push_back(
        {"near", std::make_unique<InstanceMetadata>("http://near")});
    links.push_back({"far", std::make_unique<InstanceMetadata>("http://far")});
    chain_ = std::make_unique<Chain>(std::move(links));
  }

  WallTime Now() const { return clock_.WallNow(); }

  // Sends the next request, which must go to `host`, and answers it.
  void Answer(const std::string& host, const Result<HttpReply>& reply) {
    const auto renewal = chain_->Renewal(Now());
    ASSERT_TRUE(renewal);
    EXPECT_TRUE(renewal->request.url.starts_with("http://" + host + '/'))
        << renewal->request.url;
    chain_->Renewed(reply, Now());
  }

  void WriteTokenAndRefresh(const std::string& token) {
    folder_.Write("token", token);
    clock_.Advance(1s);
    chain_->Refresh(Now());
  }

  FakeClock clock_;
  TempFolder folder_;
  std::unique_ptr<Chain> chain_;
};

TEST_F(ChainTest, TakesTheFirstThatHasSomethingAndAsksNoOther) {
  WriteTokenAndRefresh("t0ken");

  EXPECT_EQ(chain_->State(Now()), Readiness::kReady);
  EXPECT_FALSE(chain_->Renewal(Now()));
  EXPECT_EQ(HeaderOf(*chain_->Prove(Question(), Now()), "X-Auth-Token"),
            "t0ken");
}

TEST_F(ChainTest, WaitsForTheOneWhoseTurnItIs) {
  EXPECT_EQ(chain_->State(Now()), Readiness::kPending);
  Answer("near", NoReply());
  EXPECT_EQ(chain_->State(Now()), Readiness::kPending);
  Answer("far", Reply(404));
  EXPECT_EQ(chain_->State(Now()), Readiness::kPending);
  Answer("far", Reply(200, kTemporaryKey));

  EXPECT_EQ(chain_->State(Now()), Readiness::kReady);
  EXPECT_TRUE(chain_->Prove(Question(), Now()));
  EXPECT_EQ(chain_->Expiry(), Now() + 1h);
}

TEST_F(ChainTest, AsksAllThatCanBeAskedInOneRenewal) {
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(round);
    EXPECT_FALSE(chain_->HasNextStep(Now()));
    Answer("near", Reply(403));
    EXPECT_TRUE(chain_->HasNextStep(Now()));
    Answer("far", Reply(404));
    EXPECT_TRUE(chain_->HasNextStep(Now())) << "of the key, after the token";
    Answer("far", NoReply());
    EXPECT_FALSE(chain_->HasNextStep(Now()));
    EXPECT_EQ(chain_->State(Now()), Readiness::kNone);
  }
  Answer("near", Reply(403));
  Answer("far", Reply(404));
  Answer("far", Reply(200, kTemporaryKey));

  EXPECT_FALSE(chain_->HasNextStep(Now()));
  EXPECT_EQ(chain_->State(Now()), Readiness::kReady);
}

TEST_F(ChainTest, BeginsWithTheOneItTookWhenThatIsGivenUp) {
  Answer("near", NoReply());
  Answer("far", Reply(404));
  Answer("far", Reply(200, kTemporaryKey));
  chain_->Refused(*chain_->Prove(Question(), Now()));

  EXPECT_FALSE(chain_->HasNextStep(Now())) << "another renewal, not a step";
  Answer("far", NoReply());
  EXPECT_TRUE(chain_->HasNextStep(Now()));
  Answer("near", NoReply());
  EXPECT_FALSE(chain_->HasNextStep(Now()));
}

TEST_F(ChainTest, GoesOnWithWhatItHoldsWhenItsRenewalFails) {
  Answer("near", Reply(404));
  Answer("near", Reply(200, kTemporaryKey));
  clock_.Advance(31min);
  Answer("near", NoReply());

  EXPECT_EQ(chain_->State(Now()), Readiness::kReady);
  EXPECT_FALSE(chain_->HasNextStep(Now()));
  Answer("near", NoReply());

  clock_.Advance(29min);
  EXPECT_EQ(chain_->State(Now()), Readiness::kPending) << "far was not asked";
  Answer("far", NoReply());
  EXPECT_EQ(chain_->State(Now()), Readiness::kNone);
}

TEST_F(ChainTest, ComesBackToOneWhoseRenewalsFailedBeforeTheyWereSent) {
  std::vector<Chain::Link> links;
  links.push_back({"pod", std::make_unique<PodIdentity>(PodIdentity::Settings{
                              "http://pod/", folder_.Write("pod", "jw.t")})});
  links.push_back({"near", std::make_unique<InstanceMetadata>("http://near")});
  chain_ = std::make_unique<Chain>(std::move(links));
  Answer(
      "pod",
      Reply(200,
            R"({"credentials":{"accessKeyId":"AK","secretAccessKey":"SK",)"
            R"("securityToken":"ST","expiration":"2024-01-01T01:00:00Z"}})"));
  folder_.Write("pod", "");
  clock_.Advance(31min);
  EXPECT_FALSE(chain_->Renewal(Now()));
  EXPECT_EQ(chain_->State(Now()), Readiness::kReady);

  clock_.Advance(29min);
  Answer("near", NoReply());
  EXPECT_FALSE(chain_->Renewal(Now()));
  EXPECT_EQ(chain_->State(Now()), Readiness::kNone);
  clock_.Advance(1s);
  Answer("near", NoReply());
  folder_.Write("pod", "jw.t");
  clock_.Advance(1s);

  Answer("pod", NoReply());
  Answer("near", NoReply());
  Answer("pod", NoReply());
}

TEST_F(ChainTest, SaysWhatEachOfThemLacks) {
  Answer("near", NoReply());
  Answer("far", Reply(500));

  EXPECT_EQ(chain_->State(Now()), Readiness::kNone);
  const auto request = chain_->Prove(Question(), Now());
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().kind, ErrorKind::kCredentials);
  EXPECT_EQ(request.error().message,
            "no credentials found; file: credentials file " +
                (folder_.path() + "/token") +
                " cannot be read: No such file or directory; near: no key from "
                "the metadata service: asking it: connection "
                "refused; far: no key from the metadata service: asking for a "
                "token: HTTP 500");
}

TEST_F(ChainTest, LooksAtAllOfThemAgainWhenItHasNothing) {
  Answer("near", NoReply());
  Answer("far", NoReply());
  const std::uint64_t generation = chain_->Generation();

  WriteTokenAndRefresh("t0ken");

  EXPECT_EQ(chain_->State(Now()), Readiness::kReady);
  EXPECT_GT(chain_->Generation(), generation);
  EXPECT_TRUE(chain_->Prove(Question(), Now()));
}

TEST_F(ChainTest, StaysWithTheOneItTook) {
  Answer("near", Reply(404));
  Answer("near", Reply(200, kTemporaryKey));
  const std::uint64_t generation = chain_->Generation();

  WriteTokenAndRefresh("t0ken");

  EXPECT_EQ(HeaderOf(*chain_->Prove(Question(), Now()), "X-Auth-Token"),
            "(absent)");
  EXPECT_EQ(chain_->Generation(), generation);
}

TEST_F(ChainTest, RaisesItsGenerationWithThatOfTheOneItTook) {
  WriteTokenAndRefresh("old");
  const std::uint64_t generation = chain_->Generation();

  WriteTokenAndRefresh("new");

  EXPECT_GT(chain_->Generation(), generation);
}

TEST_F(ChainTest, HandsARefusalToTheOneThatProvedTheRequest) {
  Answer("near", Reply(404));
  Answer("near", Reply(200, kTemporaryKey));

  chain_->Refused(*chain_->Prove(Question(), Now()));

  EXPECT_EQ(chain_->State(Now()), Readiness::kPending);
  Answer("near", Reply(404));
}

TEST_F(ChainTest, FinishesARenewalThatItNeedsNoMore) {
  const auto renewal = chain_->Renewal(Now());
  ASSERT_TRUE(renewal);
  WriteTokenAndRefresh("t0ken");

  chain_->Renewed(Reply(404), Now());

  EXPECT_EQ(chain_->State(Now()), Readiness::kReady);
  EXPECT_FALSE(chain_->Renewal(Now()));
}

TEST_F(ChainTest, SaysOnceWhichOneItTookAndNotTheSecret) {
  testing::internal::CaptureStderr();
  WriteTokenAndRefresh("t0ken");
  WriteTokenAndRefresh("t0ken");
  WriteTokenAndRefresh("n3wer");
  (void)chain_->Prove(Question(), Now());
  const std::string log = CapturedLog();

  EXPECT_NE(log.find("level=info"), std::string::npos) << log;
  const auto at = log.find("source=file");
  EXPECT_NE(at, std::string::npos) << log;
  EXPECT_EQ(log.find("source=", at + 1), std::string::npos) << log;
  EXPECT_EQ(log.find("t0ken"), std::string::npos) << log;
  EXPECT_EQ(log.find("n3wer"), std::string::npos) << log;
}

TEST(DefaultChainTest, FollowsTheOrderOfTheSdks) {
  const FakeClock clock;
  const TempFolder folder;
  const std::string profile =
      folder.Write("credentials", "[basic]\nak=of-profile\nsk=2\n");
  std::map<std::string, std::string> variables = {
      {"HUAWEICLOUD_SDK_AK", "of-environment"},
      {"HUAWEICLOUD_SDK_SK", "2"},
      {"HUAWEICLOUD_SDK_CREDENTIALS_FILE", profile},
      {"HC_CONTAINER_CREDENTIALS_FULL_URI", "http://pod/"},
      {"HC_CONTAINER_AUTHORIZATION_TOKEN_FILE", profile}};
  const auto proved_with = [&] {
    const auto chain = Chain::Default([&](const char* name) {
      const auto variable = variables.find(name);
      return variable == variables.end() ? nullptr : variable->second.c_str();
    });
    const auto request = chain->Prove(Question(), clock.WallNow());
    if (request) return HeaderOf(*request, "Authorization").substr(16, 20);
    const auto renewal = chain->Renewal(clock.WallNow());
    return renewal ? renewal->request.url : "(nothing)";
  };

  EXPECT_EQ(proved_with(), "Access=of-environmen");
  variables.erase("HUAWEICLOUD_SDK_SK");
  EXPECT_EQ(proved_with(), "Access=of-profile, S");
  folder.Write("credentials", "t0ken");
  EXPECT_EQ(proved_with(), "http://pod/");
  variables.erase("HC_CONTAINER_CREDENTIALS_FULL_URI");
  EXPECT_EQ(proved_with(), "http://169.254.169.254/meta-data/latest/api/token");
}

}  // namespace
}  // namespace exporter
