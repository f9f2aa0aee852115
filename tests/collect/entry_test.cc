#include "collect/entry.h"

#include <gtest/gtest.h>

#include <optional>

namespace exporter {
namespace {

TEST(StandingTest, IsWhatTheLastAnswerSaid) {
  const Error refused{.kind = ErrorKind::kUnauthorized, .http_status = 401};
  const struct {
    std::optional<Error> last;
    bool is_good;
  } kCases[] = {
      {std::nullopt, true},
      {Error{.kind = ErrorKind::kNotFound, .http_status = 404}, true},
      {Error{.kind = ErrorKind::kServerError, .http_status = 500}, true},
      {Error{.kind = ErrorKind::kThrottled, .http_status = 429}, false},
      {Error{.kind = ErrorKind::kTimeout}, false},
      {Error{.kind = ErrorKind::kConnect}, false},
      {refused, false},
  };
  for (const auto& [last, is_good] : kCases) {
    Standing standing;
    EXPECT_TRUE(standing.IsGood(1));
    standing.Note(&refused, 1);
    standing.Note(last ? &*last : nullptr, 1);
    EXPECT_EQ(standing.IsGood(1), is_good)
        << (last ? ToLabel(last->kind) : "well");
    EXPECT_TRUE(standing.IsGood(2)) << "the credentials were at fault";
  }
}

// A hundred thousand of them stay in memory. If it has to be larger, raise the
// number; but look first for what is there twice.
TEST(EntryTest, IsSmall) { EXPECT_LE(sizeof(Entry), 312U); }

}  // namespace
}  // namespace exporter
