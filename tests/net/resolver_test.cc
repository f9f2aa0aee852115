#include "net/resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

namespace exporter {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class ResolverTest : public testing::Test {
 protected:
  std::vector<Resolver::Answer> Wait(std::size_t count) {
    std::vector<Resolver::Answer> all;
    while (all.size() < count) {
      pollfd news{resolver_.Descriptor(), POLLIN, 0};
      if (poll(&news, 1, 20'000) <= 0) break;
      for (auto& answer : resolver_.Take()) all.push_back(std::move(answer));
    }
    return all;
  }

  Resolver resolver_;
};

TEST_F(ResolverTest, GivesAddressesInTheFormOfLibcurl) {
  resolver_.Ask("::1", AF_UNSPEC);
  resolver_.Ask("192.0.2.1", AF_INET);

  for (const auto& answer : Wait(2)) {
    EXPECT_EQ(answer.addresses, answer.name == "::1" ? "[::1]" : "192.0.2.1");
  }
}

TEST_F(ResolverTest, SaysWhyThereIsNone) {
  resolver_.Ask("192.0.2.999", AF_INET);

  const auto answers = Wait(1);
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers.front().name, "192.0.2.999");
  EXPECT_THAT(answers.front().addresses, IsEmpty());
  EXPECT_THAT(answers.front().why, testing::Not(IsEmpty()));
}

TEST_F(ResolverTest, AnswersMoreThanItHasThreads) {
  for (int i = 0; i < 3 * Resolver::kMaxThreads; ++i) {
    resolver_.Ask("127.0.0." + std::to_string(i), AF_INET);
  }

  EXPECT_THAT(Wait(3 * Resolver::kMaxThreads),
              SizeIs(3 * Resolver::kMaxThreads));
  EXPECT_THAT(resolver_.Take(), IsEmpty());
}

TEST(ResolverEndTest, MayEndWhileItIsAsking) {
  for (int i = 0; i < 20; ++i) Resolver().Ask("127.0.0.1", AF_INET);
}

}  // namespace
}  // namespace exporter
