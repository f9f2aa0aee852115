#include "auth/watched.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/fake_clock.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

// A world in which a text stands that may be changed or taken away.
struct World {
  Result<std::string> text = std::string("old");
  int readings = 0;

  Watched<std::string>::Read Reader() {
    return [this] {
      ++readings;
      return text;
    };
  }
};

TEST(WatchedTest, HoldsWhatItReadFirst) {
  World world;

  const Watched<std::string> watched(world.Reader());

  EXPECT_EQ(*watched.Get(), "old");
}

TEST(WatchedTest, SeesAChangeWithinASecond) {
  World world;
  FakeClock clock;
  Watched<std::string> watched(world.Reader());
  watched.Refresh(clock.WallNow());
  const std::uint64_t version = watched.Version();

  world.text = std::string("new");
  clock.Advance(1s);
  watched.Refresh(clock.WallNow());

  EXPECT_EQ(*watched.Get(), "new");
  EXPECT_GT(watched.Version(), version);
}

TEST(WatchedTest, ReadsAtMostOnceASecond) {
  World world;
  FakeClock clock;
  Watched<std::string> watched(world.Reader());
  watched.Refresh(clock.WallNow());
  const int readings = world.readings;

  clock.Advance(999ms);
  watched.Refresh(clock.WallNow());

  EXPECT_EQ(world.readings, readings);
}

TEST(WatchedTest, ReadsAgainWhenTheClockWasSetBack) {
  World world;
  FakeClock clock;
  Watched<std::string> watched(world.Reader());
  watched.Refresh(clock.WallNow() + 24h);

  world.text = std::string("new");
  watched.Refresh(clock.WallNow());

  EXPECT_EQ(*watched.Get(), "new");
}

TEST(WatchedTest, KeepsItsVersionWhileTheValueStays) {
  World world;
  FakeClock clock;
  Watched<std::string> watched(world.Reader());
  const std::uint64_t version = watched.Version();

  for (int i = 0; i < 5; ++i) {
    clock.Advance(1s);
    watched.Refresh(clock.WallNow());
  }

  EXPECT_EQ(watched.Version(), version);
}

TEST(WatchedTest, LosesWhatBecameUnreadable) {
  World world;
  FakeClock clock;
  Watched<std::string> watched(world.Reader());

  world.text = Fail(ErrorKind::kCredentials, "gone");
  watched.Refresh(clock.WallNow());

  ASSERT_FALSE(watched.Get());
  EXPECT_EQ(watched.Get().error().message, "gone");
}

TEST(WatchedTest, DoesNotTakeTheReturnOfAValueForANewOne) {
  World world;
  FakeClock clock;
  Watched<std::string> watched(world.Reader());
  const std::uint64_t version = watched.Version();
  world.text = Fail(ErrorKind::kCredentials, "gone");
  watched.Refresh(clock.WallNow());

  world.text = std::string("old");
  clock.Advance(1s);
  watched.Refresh(clock.WallNow());

  EXPECT_EQ(*watched.Get(), "old");
  EXPECT_EQ(watched.Version(), version);
}

TEST(WatchedTest, TakesAValueThatWasMissingAtFirstForANewOne) {
  World world;
  world.text = Fail(ErrorKind::kCredentials, "not yet");
  FakeClock clock;
  Watched<std::string> watched(world.Reader());
  const std::uint64_t version = watched.Version();

  world.text = std::string("there");
  watched.Refresh(clock.WallNow());

  EXPECT_GT(watched.Version(), version);
}

TEST(WatchedTest, DoesNotStopAtAReadingFromTheMiddleOfAChange) {
  std::vector<std::string> readings = {"old-old", "old-old", "old-new",
                                       "new-new", "new-new", "new-new"};
  std::size_t next = 0;
  FakeClock clock;
  Watched<std::string> watched(
      [&]() -> Result<std::string> { return readings.at(next++); });
  ASSERT_EQ(*watched.Get(), "old-old");

  watched.Refresh(clock.WallNow());

  EXPECT_EQ(*watched.Get(), "new-new");
}

}  // namespace
}  // namespace exporter
