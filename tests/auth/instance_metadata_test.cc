#include "auth/instance_metadata.h"

#include <gtest/gtest.h>

#include <string>

#include "auth/replies.h"
#include "support/fake_clock.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using Readiness = Credentials::Readiness;

constexpr char kKey[] =
    R"({"credential":{"access":"AK","secret":"SK","securitytoken":"ST",)"
    R"("expires_at":"2024-01-02T00:00:00.000000Z"}})";

class InstanceMetadataTest : public testing::Test {
 protected:
  WallTime Now() const { return clock_.WallNow(); }

  // The next request of a renewal.
  HttpRequest Next() {
    const auto renewal = credentials_.Renewal(Now());
    EXPECT_TRUE(renewal);
    return renewal ? renewal->request : HttpRequest{};
  }

  void Renew() {
    Next();
    credentials_.Renewed(Reply(200, "t0ken"), Now());
    Next();
    credentials_.Renewed(Reply(200, kKey), Now());
  }

  std::string Message() {
    const auto request = credentials_.Prove(Question(), Now());
    return request ? "(proved)" : request.error().message;
  }

  FakeClock clock_;
  InstanceMetadata credentials_;
};

TEST_F(InstanceMetadataTest, AsksForATokenOfTheServiceAndThenForTheKey) {
  const auto first = credentials_.Renewal(Now());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->kind, Credentials::RenewalKind::kMetadata);
  EXPECT_EQ(first->timeout, 3s);
  EXPECT_EQ(first->request.method, "PUT");
  EXPECT_EQ(first->request.url,
            "http://169.254.169.254/meta-data/latest/api/token");
  EXPECT_EQ(HeaderOf(first->request, "X-Metadata-Token-Ttl-Seconds"), "21600");
  EXPECT_FALSE(credentials_.Renewal(Now()));
  EXPECT_FALSE(credentials_.HasNextStep(Now()));
  credentials_.Renewed(Reply(200, "t0ken\n"), Now());
  EXPECT_EQ(credentials_.State(Now()), Readiness::kPending);
  EXPECT_TRUE(credentials_.HasNextStep(Now()));

  const HttpRequest second = Next();
  EXPECT_EQ(second.method, "GET");
  EXPECT_EQ(second.url, "http://169.254.169.254/openstack/latest/securitykey");
  EXPECT_EQ(HeaderOf(second, "X-Metadata-Token"), "t0ken");
  EXPECT_FALSE(credentials_.Renewal(Now()));
  credentials_.Renewed(Reply(200, kKey), Now());

  EXPECT_EQ(credentials_.State(Now()), Readiness::kReady);
  EXPECT_TRUE(IsSignedWith(*credentials_.Prove(Question(), Now()),
                           {Secret("AK"), Secret("SK"), Secret("ST")}));
  EXPECT_EQ(credentials_.Expiry(), Now() + 24h);
  EXPECT_EQ(credentials_.MayBeLocked(), Credentials::Lockable::kKey);
}

TEST_F(InstanceMetadataTest, NeverGoesThroughAProxy) {
  const HttpRequest put = Next();
  credentials_.Renewed(Reply(404), Now());
  const HttpRequest get = Next();

  for (const HttpRequest& request : {put, get}) {
    ASSERT_NE(request.transport, nullptr);
    EXPECT_TRUE(request.transport->proxy_url.Empty());
    EXPECT_FALSE(request.transport->proxy_from_environment);
  }
}

TEST_F(InstanceMetadataTest, GoesOnWithoutATokenWhereTheServiceKnowsNone) {
  for (const int status : {404, 405, 503}) {
    InstanceMetadata credentials("http://127.0.0.1:8080/");
    ASSERT_TRUE(credentials.Renewal(Now()));
    credentials.Renewed(Reply(status, "<html>"), Now());

    const auto renewal = credentials.Renewal(Now());
    ASSERT_TRUE(renewal) << status;
    EXPECT_EQ(renewal->request.url,
              "http://127.0.0.1:8080/openstack/latest/securitykey");
    EXPECT_TRUE(renewal->request.headers.empty()) << status;
  }
}

TEST_F(InstanceMetadataTest, StopsAtAnyOtherAnswerToTheFirstRequest) {
  const struct {
    Result<HttpReply> reply;
    const char* why;
  } kCases[] = {
      {NoReply(), "asking it: connection refused"},
      {Reply(500), "asking for a token: HTTP 500"},
      {Reply(403), "asking for a token: HTTP 403"},
      {Reply(200, ""), "its token is empty"},
      {Reply(200, "t0ken\r\nX-Evil: 1"), "its token is empty"},
  };
  for (const auto& [reply, why] : kCases) {
    SCOPED_TRACE(why);
    InstanceMetadata credentials;
    ASSERT_TRUE(credentials.Renewal(Now()));
    credentials.Renewed(reply, Now());

    EXPECT_EQ(credentials.State(Now()), Readiness::kNone);
    EXPECT_FALSE(credentials.HasNextStep(Now()));
    const auto request = credentials.Prove(Question(), Now());
    ASSERT_FALSE(request);
    EXPECT_NE(request.error().message.find(why), std::string::npos)
        << request.error().message;
  }
}

TEST_F(InstanceMetadataTest, SaysThatNoAgencyIsBoundToTheServer) {
  Next();
  credentials_.Renewed(Reply(404), Now());
  Next();
  credentials_.Renewed(Reply(404), Now());

  EXPECT_EQ(Message(),
            "no key from the metadata service: no agency is bound to this "
            "server: HTTP 404");
}

TEST_F(InstanceMetadataTest, BeginsAnewWhenTheKeyCouldNotBeHad) {
  Next();
  credentials_.Renewed(Reply(200, "t0ken"), Now());
  Next();
  credentials_.Renewed(Reply(401, R"({"message":"bad t0ken"})"), Now());
  EXPECT_EQ(Message(),
            "no key from the metadata service: HTTP 401: bad <secret>");

  EXPECT_EQ(Next().method, "PUT");
}

TEST_F(InstanceMetadataTest, RenewsFortyMinutesAheadAndSignsOnMeanwhile) {
  Renew();
  clock_.Advance(23h + 20min - 1ms);
  EXPECT_FALSE(credentials_.Renewal(Now()));
  clock_.Advance(1ms);

  EXPECT_EQ(Next().method, "PUT");
  credentials_.Renewed(NoReply(), Now());
  EXPECT_EQ(credentials_.State(Now()), Readiness::kReady);
}

TEST_F(InstanceMetadataTest,
       DoesNotMakeARefusedKeyWorthRepeatingIfItIsAllThereIs) {
  Renew();
  const std::uint64_t generation = credentials_.Generation();
  credentials_.Refused(*credentials_.Prove(Question(), Now()));
  ASSERT_EQ(credentials_.State(Now()), Readiness::kPending);

  Renew();

  EXPECT_EQ(credentials_.State(Now()), Readiness::kReady);
  EXPECT_EQ(credentials_.Generation(), generation);
}

}  // namespace
}  // namespace exporter
