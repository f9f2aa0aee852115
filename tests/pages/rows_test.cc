#include "pages/rows.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "support/whole_body.h"

namespace exporter {
namespace {

TEST(MakeRowsTest, GivesHeadRowsAndTailInPieces) {
  constexpr std::size_t kRows = 100'000;
  std::string whole = "[";
  for (std::size_t i = 0; i < kRows; ++i) whole += std::to_string(i) + "\n";
  whole += "]";
  const auto append = [](std::string& out, std::size_t i) {
    out += std::to_string(i) + "\n";
  };

  EXPECT_EQ(WholeBody(MakeRows("[", kRows, append, "]")), whole);
  EXPECT_EQ(WholeBody(MakeRows("[", 0, append, "]")), "[]");

  // Where a piece ends with every row.
  const BodySource source = MakeRows("[", kRows, append, "]");
  std::string out(kPieceBytes, 'x');
  EXPECT_TRUE(source(out));
  EXPECT_EQ(out.size(), kPieceBytes + 1);
  out.clear();
  EXPECT_TRUE(source(out));
  EXPECT_GE(out.size(), kPieceBytes);
  EXPECT_LT(out.size(), kPieceBytes + 10);
}

TEST(MakeRowsTest, LetsGoOfWhatTheRowsAreMadeOf) {
  auto rows = std::make_shared<std::string>(kPieceBytes, 'a');
  const std::weak_ptr<std::string> held = rows;
  {
    auto append = [rows = std::exchange(rows, nullptr)](
                      std::string& out, std::size_t) { out += *rows; };
    const BodySource source = MakeRows("", 2, std::move(append), "");
    std::string out;
    EXPECT_TRUE(source(out));
  }
  EXPECT_TRUE(held.expired());
}

}  // namespace
}  // namespace exporter
