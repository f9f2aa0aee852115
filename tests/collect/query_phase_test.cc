#include "collect/query_phase.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

namespace exporter {
namespace {

using Phase = QueryPhase::Phase;

// A query on its shortest way to `phase`.
QueryPhase At(Phase phase) {
  QueryPhase query;
  if (phase == Phase::kIdle) return query;
  query.MoveTo(Phase::kQueued);
  if (phase == Phase::kQueued) return query;
  query.MoveTo(Phase::kAsked);
  if (phase == Phase::kResting) query.MoveTo(Phase::kResting);
  return query;
}

TEST(QueryPhaseTest, MakesNoMoveButThoseOfTheTable) {
  const struct {
    Phase from;
    std::set<Phase> to;
  } kCases[] = {
      {Phase::kIdle, {Phase::kQueued}},
      {Phase::kQueued, {Phase::kAsked, Phase::kIdle}},
      {Phase::kAsked, {Phase::kIdle, Phase::kQueued, Phase::kResting}},
      {Phase::kResting, {Phase::kQueued, Phase::kIdle}},
  };
  for (const auto& [from, may] : kCases) {
    for (const Phase to :
         {Phase::kIdle, Phase::kQueued, Phase::kAsked, Phase::kResting}) {
      SCOPED_TRACE(testing::Message()
                   << static_cast<int>(from) << " to " << static_cast<int>(to));
      QueryPhase query = At(from);
      ASSERT_TRUE(query.Is(from));
      if (may.contains(to)) {
        query.MoveTo(to);
        EXPECT_TRUE(query.Is(to));
      } else {
        EXPECT_THROW(query.MoveTo(to), std::logic_error);
        EXPECT_TRUE(query.Is(from));
      }
    }
  }
}

}  // namespace
}  // namespace exporter
