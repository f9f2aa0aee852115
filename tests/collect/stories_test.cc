#include "collect/stories.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace exporter {
namespace {

using testing::ElementsAre;

class StoriesTest : public testing::Test {
 protected:
  std::shared_ptr<Story> Listen(std::uint64_t listener, DatasetKey dataset) {
    auto story = std::make_shared<Story>();
    stories_.Listen(listener, std::move(dataset), story);
    return story;
  }

  FakeClock clock_;
  Stories stories_{clock_};
};

TEST_F(StoriesTest, ReachThoseWhoListenToTheDatasetOrItsProject) {
  const auto one = Listen(1, {"p", "one"});
  const auto two = Listen(2, {"p", "two"});
  const auto other = Listen(3, {"other", "one"});

  stories_.Tell({"p", "one"}, [] { return "asked"; });
  clock_.Advance(std::chrono::seconds(1));
  stories_.TellProject("p", [] { return "renewed"; });

  EXPECT_THAT(*one, ElementsAre("2024-01-01T00:00:00.000Z asked",
                                "2024-01-01T00:00:01.000Z renewed"));
  EXPECT_THAT(*two, ElementsAre("2024-01-01T00:00:01.000Z renewed"));
  EXPECT_TRUE(other->empty());
}

TEST_F(StoriesTest, MayReachOneListenerAlone) {
  const auto first = Listen(1, {"p", "d"});
  const auto second = Listen(2, {"p", "d"});

  stories_.TellOne(2, "joined");

  EXPECT_TRUE(first->empty());
  EXPECT_THAT(*second, ElementsAre("2024-01-01T00:00:00.000Z joined"));
}

TEST_F(StoriesTest, EndWithTheirListenerAndCostNothingThen) {
  const auto story = Listen(1, {"p", "d"});
  stories_.End(1);

  stories_.Tell({"p", "d"}, []() -> std::string {
    ADD_FAILURE() << "nobody listens";
    return "";
  });

  EXPECT_TRUE(story->empty());
}

}  // namespace
}  // namespace exporter
