#include "model/advice.h"

#include <gtest/gtest.h>

#include <set>

namespace exporter {
namespace {

TEST(AdviceForTest, HasOneSentenceOfItsOwnForEveryReason) {
  std::set<std::string_view> sentences;
  for (const ErrorKind reason : kAllReasons) {
    Error error;
    error.kind = reason;

    const std::string_view advice = AdviceFor(error);

    EXPECT_TRUE(advice.ends_with('.')) << ToLabel(reason);
    EXPECT_TRUE(sentences.insert(advice).second) << advice;
  }
}

}  // namespace
}  // namespace exporter
