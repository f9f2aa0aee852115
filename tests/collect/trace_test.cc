#include "collect/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace exporter {
namespace {

using testing::ElementsAre;

class TracesTest : public testing::Test {
 protected:
  std::shared_ptr<Trace> Listen(std::uint64_t listener, DatasetKey dataset) {
    auto trace = std::make_shared<Trace>();
    traces_.Listen(listener, std::move(dataset), trace);
    return trace;
  }

  FakeClock clock_;
  Traces traces_{clock_};
};

TEST_F(TracesTest, ReachThoseWhoListenToTheDatasetOrItsProject) {
  const auto one = Listen(1, {"p", "one"});
  const auto two = Listen(2, {"p", "two"});
  const auto other = Listen(3, {"other", "one"});

  traces_.Tell({"p", "one"}, [] { return "asked"; });
  clock_.Advance(std::chrono::seconds(1));
  traces_.TellProject("p", [] { return "renewed"; });

  EXPECT_THAT(*one, ElementsAre("2024-01-01T00:00:00.000Z asked",
                                "2024-01-01T00:00:01.000Z renewed"));
  EXPECT_THAT(*two, ElementsAre("2024-01-01T00:00:01.000Z renewed"));
  EXPECT_TRUE(other->empty());
}

TEST_F(TracesTest, MayReachOneListenerAlone) {
  const auto first = Listen(1, {"p", "d"});
  const auto second = Listen(2, {"p", "d"});

  traces_.TellOne(2, "joined");

  EXPECT_TRUE(first->empty());
  EXPECT_THAT(*second, ElementsAre("2024-01-01T00:00:00.000Z joined"));
}

TEST_F(TracesTest, EndWithTheirListenerAndCostNothingThen) {
  const auto trace = Listen(1, {"p", "d"});
  traces_.End(1);

  traces_.Tell({"p", "d"}, []() -> std::string {
    ADD_FAILURE() << "nobody listens";
    return "";
  });

  EXPECT_TRUE(trace->empty());
}

}  // namespace
}  // namespace exporter
