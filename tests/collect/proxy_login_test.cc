#include "collect/proxy_login.h"

#include <gtest/gtest.h>

#include <memory>

namespace exporter {
namespace {

using namespace std::chrono_literals;

const Error kWantsAnotherPassword{
    .kind = ErrorKind::kConnect, .message = "407", .cause = Cause::kProxyLogin};

class ProxyLoginTest : public testing::Test {
 protected:
  void Apply(ProxyLogin& login, const std::string& proxy_url) {
    const Transport transport{.proxy_url = Secret(proxy_url)};
    login.Apply(&transport, shared_);
  }

  SteadyTime now_ = SteadyTime(1000s);
  SharedLimits shared_;
  ProxyLogin login_;
  ProxyLogin other_;
};

TEST_F(ProxyLoginTest, HoldsNothingBackWithoutAPassword) {
  login_.Apply(nullptr, shared_);
  EXPECT_EQ(login_.NextAt(now_), now_);
  Apply(login_, "http://proxy.example.com:3128");

  for (int i = 0; i < 5; ++i) {
    ProxyLogin::Ended(login_.Enter(now_), &kWantsAnotherPassword, now_);
  }

  EXPECT_EQ(login_.breaker(), nullptr);
  EXPECT_EQ(login_.NextAt(now_), now_);
}

TEST_F(ProxyLoginTest, TriesAPasswordAfterOneAndTenMinutesForAllWhoUseIt) {
  Apply(login_, "http://user:password@proxy.example.com:3128");
  Apply(other_, "http://user:password@proxy.example.com:3128");

  ProxyLogin::Ended(login_.Enter(now_), &kWantsAnotherPassword, now_);
  EXPECT_FALSE(other_.IsUntried());
  EXPECT_EQ(other_.NextAt(now_), now_ + 1min);
  now_ += 1min;
  ProxyLogin::Ended(other_.Enter(now_), &kWantsAnotherPassword, now_);
  EXPECT_EQ(login_.NextAt(now_), now_ + 9min);

  Apply(other_, "http://user:another@proxy.example.com:3128");
  EXPECT_EQ(other_.NextAt(now_), now_) << "another password";
}

TEST_F(ProxyLoginTest, IsAcceptedByAnyReplyAndJudgedByNoOtherFailure) {
  Apply(login_, "http://user:password@proxy.example.com:3128");
  const Error no_reply{.kind = ErrorKind::kTimeout};
  ProxyLogin::Ended(login_.Enter(now_), &no_reply, now_);
  ProxyLogin::Abandoned(login_.Enter(now_), nullptr, now_);
  EXPECT_FALSE(login_.breaker()->WasAccepted());
  EXPECT_TRUE(login_.IsUntried());
  ASSERT_TRUE(login_.breaker()->NoVerdict()) << "why others wait";
  EXPECT_EQ(login_.breaker()->NoVerdict()->kind, ErrorKind::kTimeout);

  const auto given_up = std::make_shared<const Error>();
  ProxyLogin::Abandoned(login_.Enter(now_), given_up, now_);
  EXPECT_EQ(login_.breaker()->NoVerdict(), given_up);

  const Error of_the_cloud{.kind = ErrorKind::kUnauthorized,
                           .http_status = 401};
  ProxyLogin::Ended(login_.Enter(now_), &of_the_cloud, now_);
  EXPECT_TRUE(login_.breaker()->WasAccepted());
}

}  // namespace
}  // namespace exporter
