#include "net/name_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace exporter {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;
using News = NameCache::News;

class NameCacheTest : public testing::Test {
 protected:
  static constexpr Deadline kNow{1000s};

  // "192.0.2.1" or "-", and "?" if it is to be asked for.
  std::string Find(Deadline now, const std::string& name = "a") {
    const auto finding = cache_.Find(name, now);
    return (finding.addresses ? *finding.addresses : "-") +
           (finding.asks ? "?" : "");
  }
  NameCache::Change Answer(Deadline now, const std::string& addresses,
                           int family = AF_UNSPEC) {
    return cache_.Take({"a", family, addresses, "away"}, now);
  }

  NameCache cache_;
};

TEST_F(NameCacheTest, AsksOnceHoweverManyNeedIt) {
  EXPECT_EQ(Find(kNow), "-?");
  EXPECT_EQ(Find(kNow), "-");
  EXPECT_EQ(Find(kNow, "b"), "-?");

  EXPECT_FALSE(Answer(kNow, "1.1.1.1").has_failed);
  EXPECT_EQ(Find(kNow), "1.1.1.1");
  EXPECT_EQ(Find(kNow, "b"), "-");
}

TEST_F(NameCacheTest, TakesAnAnswerForWhichNobodyWaitsAnyLonger) {
  Find(kNow);
  Answer(kNow + 300s, "1.1.1.1");

  EXPECT_EQ(Find(kNow + 359s), "1.1.1.1");
}

TEST_F(NameCacheTest, WaitsForNewAddressesWhereTheLookupIsQuick) {
  Find(kNow);
  Answer(kNow, "1.1.1.1");

  EXPECT_EQ(Find(kNow + 59s), "1.1.1.1");
  EXPECT_EQ(Find(kNow + 60s), "-?");
  EXPECT_EQ(Answer(kNow + 60s, "2.2.2.2").news, News::kNone);
  EXPECT_EQ(Find(kNow + 60s), "2.2.2.2");
}

TEST_F(NameCacheTest, GivesOldAddressesWhereTheLookupIsSlow) {
  Find(kNow);
  Answer(kNow, "1.1.1.1");
  Find(kNow + 60s);
  EXPECT_EQ(cache_.NextOverdue(), kNow + 60'500ms);

  cache_.Overdue(kNow + 60'500ms);
  EXPECT_EQ(Find(kNow + 60'500ms), "1.1.1.1");

  // The next time at once, until one is quick.
  Answer(kNow + 65s, "1.1.1.1", AF_INET);
  Answer(kNow + 65s, "1.1.1.1");
  EXPECT_EQ(Find(kNow + 125s), "1.1.1.1?");
  Answer(kNow + 125s, "1.1.1.1");
  EXPECT_EQ(Find(kNow + 185s), "-?");
}

TEST_F(NameCacheTest, AsksForIpv4AloneWhereTheLookupIsSlow) {
  Find(kNow);
  EXPECT_THAT(cache_.Overdue(kNow + 499ms), IsEmpty());

  const auto late = cache_.Overdue(kNow + 500ms);
  ASSERT_THAT(late, SizeIs(1));
  EXPECT_EQ(late.front().name, "a");
  EXPECT_TRUE(late.front().asks_ipv4);
  EXPECT_THAT(cache_.Overdue(kNow + 501ms), IsEmpty());

  Answer(kNow + 501ms, "1.1.1.1", AF_INET);
  EXPECT_EQ(Find(kNow + 501ms), "1.1.1.1");
  EXPECT_FALSE(Answer(kNow + 5s, "").has_failed);
  EXPECT_EQ(Find(kNow + 5s), "1.1.1.1");
}

TEST_F(NameCacheTest, PrefersWhatCameForAllFamilies) {
  Find(kNow);
  cache_.Overdue(kNow + 500ms);

  Answer(kNow + 501ms, "1.1.1.1", AF_INET);
  Answer(kNow + 502ms, "[::1],1.1.1.1");
  EXPECT_EQ(Find(kNow + 502ms), "[::1],1.1.1.1");

  Find(kNow + 61s);
  cache_.Overdue(kNow + 62s);
  Answer(kNow + 62s, "[::2],1.1.1.1");
  Answer(kNow + 62s, "1.1.1.1", AF_INET);
  EXPECT_EQ(Find(kNow + 62s), "[::2],1.1.1.1");
}

TEST_F(NameCacheTest, AsksNothingNewWhileAQuestionIsOpen) {
  Find(kNow);
  cache_.Overdue(kNow + 500ms);
  Answer(kNow + 501ms, "1.1.1.1", AF_INET);

  EXPECT_EQ(Find(kNow + 120s), "1.1.1.1");
  Answer(kNow + 120s, "");
  EXPECT_EQ(Find(kNow + 120s), "1.1.1.1?");
}

TEST_F(NameCacheTest, TellsAllThatThereIsNoSuchNameAndAsksTheNextTime) {
  Find(kNow);

  const auto change = Answer(kNow, "");
  EXPECT_TRUE(change.has_failed);
  EXPECT_EQ(change.why, "away");
  EXPECT_EQ(change.news, News::kNone) << "The queries tell of it.";
  EXPECT_EQ(Find(kNow), "-?");
}

TEST_F(NameCacheTest, FailsOnceBothQuestionsHave) {
  Find(kNow);
  cache_.Overdue(kNow + 500ms);

  EXPECT_FALSE(Answer(kNow + 1s, "", AF_INET).has_failed);
  EXPECT_TRUE(Answer(kNow + 5s, "").has_failed);
}

TEST_F(NameCacheTest, LetsOldAddressesServeWhileLookupsFail) {
  Find(kNow);
  Answer(kNow, "1.1.1.1");
  Find(kNow + 60s);

  const auto change = Answer(kNow + 60s, "");
  EXPECT_FALSE(change.has_failed);
  EXPECT_EQ(change.news, News::kOldServe);
  EXPECT_EQ(change.age, 60s);
  EXPECT_EQ(Find(kNow + 69s), "1.1.1.1");
  EXPECT_EQ(Find(kNow + 70s), "1.1.1.1?");
  EXPECT_EQ(Answer(kNow + 70s, "").news, News::kNone) << "Told once.";
  EXPECT_EQ(Find(kNow + 80s), "1.1.1.1?");
  EXPECT_EQ(Answer(kNow + 80s, "2.2.2.2").news, News::kWell);
  EXPECT_EQ(Find(kNow + 80s), "2.2.2.2");
}

TEST_F(NameCacheTest, ForgetsAddressesInTheEnd) {
  Find(kNow);
  Answer(kNow, "1.1.1.1");
  Find(kNow + 3599s);
  Answer(kNow + 3599s, "");

  EXPECT_EQ(Find(kNow + 3599s), "1.1.1.1");
  EXPECT_EQ(Find(kNow + 3600s), "-?");
  EXPECT_TRUE(Answer(kNow + 3600s, "").has_failed);
}

TEST_F(NameCacheTest, TellsOfALookupThatHangs) {
  Find(kNow);
  Answer(kNow, "1.1.1.1");
  Find(kNow + 60s);
  cache_.Overdue(kNow + 61s);

  EXPECT_EQ(cache_.NextOverdue(), kNow + 90s);
  const auto late = cache_.Overdue(kNow + 90s);
  ASSERT_THAT(late, SizeIs(1));
  EXPECT_EQ(late.front().news, News::kOldServe);
  EXPECT_EQ(late.front().age, 90s);
  EXPECT_FALSE(late.front().asks_ipv4);
  EXPECT_EQ(cache_.NextOverdue(), Deadline::max());
  EXPECT_EQ(Find(kNow + 3000s), "1.1.1.1");
}

TEST_F(NameCacheTest, GivesTheSameObjectWhileTheAddressesAreTheSame) {
  Find(kNow);
  Answer(kNow, "1.1.1.1");
  const auto before = cache_.Find("a", kNow).addresses;

  Find(kNow + 60s);
  Answer(kNow + 60s, "1.1.1.1");
  EXPECT_EQ(cache_.Find("a", kNow + 60s).addresses, before);
}

}  // namespace
}  // namespace exporter
