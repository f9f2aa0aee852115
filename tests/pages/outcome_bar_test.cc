#include "pages/outcome_bar.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace exporter {
namespace {

std::string Bar(const OutcomeTrail& trail) {
  std::string html;
  AppendOutcomeBar(html, trail);
  return html;
}

TEST(OutcomeBarTest, IsAnEmptyCellWithoutOutcomes) {
  EXPECT_EQ(Bar(OutcomeTrail()), "<td>");
}

TEST(OutcomeBarTest, JoinsEqualNeighboursIntoOneRectangle) {
  OutcomeTrail trail;
  for (int i = 0; i < 50; ++i) trail.Add(SyncState::kCompleted);

  EXPECT_EQ(Bar(trail),
            "<td title=\"50 COMPLETED\"><svg>"
            "<path class=completed d=\"M0 13h150v5h-150z\"/></svg>");
}

TEST(OutcomeBarTest, PutsTheNewestAtTheRight) {
  OutcomeTrail trail;
  trail.Add(SyncState::kFailed);
  trail.Add(SyncState::kRunning);

  EXPECT_EQ(Bar(trail),
            "<td title=\"1 FAILED, 1 RUNNING\"><svg>"
            "<path class=failed d=\"M144 0h3v18h-3z\"/>"
            "<path class=running d=\"M147 8h3v10h-3z\"/></svg>");
}

TEST(OutcomeBarTest, DrawsOutcomesOfOneKindAsOnePath) {
  OutcomeTrail trail;
  trail.Add(std::nullopt);
  trail.Add(SyncState::kCompleted);
  trail.Add(std::nullopt);
  trail.Add(std::nullopt);

  EXPECT_EQ(Bar(trail),
            "<td title=\"3 query failed, 1 COMPLETED\"><svg>"
            "<path class=unanswered d=\"M138 0h3v9h-3zM144 0h6v9h-6z\"/>"
            "<path class=completed d=\"M141 13h3v5h-3z\"/></svg>");
}

}  // namespace
}  // namespace exporter
