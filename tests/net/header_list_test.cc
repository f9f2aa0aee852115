#include "net/header_list.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace exporter {
namespace {

std::vector<std::string> Read(const curl_slist* line) {
  std::vector<std::string> lines;
  for (; line != nullptr; line = line->next) lines.emplace_back(line->data);
  return lines;
}

TEST(HeaderListTest, HoldsTheLinesInTheirOrder) {
  HeaderList list;
  EXPECT_EQ(list.Lines(), nullptr);

  list.Add("Host", "example.com");
  list.Add("X-Empty", "");
  list.LeaveOut("Content-Type");

  // As the manual of CURLOPT_HTTPHEADER wants it.
  EXPECT_EQ(Read(list.Lines()),
            (std::vector<std::string>{"Host: example.com", "X-Empty;",
                                      "Content-Type:"}));
}

TEST(HeaderListTest, ForgetsTheRequestBefore) {
  HeaderList list;
  list.Add("X-Auth-Token", std::string(5000, 't'));
  list.Add("Accept", "application/json");
  EXPECT_EQ(Read(list.Lines()).size(), 2U);

  list.Clear();
  EXPECT_EQ(list.Lines(), nullptr);
  list.Add("Host", "h");

  EXPECT_EQ(Read(list.Lines()), std::vector<std::string>{"Host: h"});
}

TEST(HeaderListTest, GrowsWithoutLosingALine) {
  HeaderList list;
  for (int i = 0; i < 100; ++i) {
    list.Add("X-" + std::to_string(i), std::string(100, 'v'));
    EXPECT_EQ(Read(list.Lines()).size(), static_cast<std::size_t>(i) + 1);
  }
  EXPECT_EQ(Read(list.Lines()).front(), "X-0: " + std::string(100, 'v'));
  EXPECT_EQ(Read(list.Lines()).back(), "X-99: " + std::string(100, 'v'));
}

}  // namespace
}  // namespace exporter
