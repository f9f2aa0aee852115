#include "expose/families.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

namespace exporter {
namespace {

TEST(FamiliesTest, NamesEachOnce) {
  std::set<std::string_view> names;
  for (const Family& family : kFamilies) {
    EXPECT_TRUE(names.insert(family.name).second) << family.name;
  }
}

TEST(FamiliesTest, PutsUnitAndTypeIntoTheName) {
  for (const Family& family : kFamilies) {
    SCOPED_TRACE(family.name);
    EXPECT_EQ(family.type == FamilyType::kCounter,
              family.name.ends_with("_total"));
    EXPECT_EQ(family.type == FamilyType::kInfo, family.name.ends_with("_info"));
    EXPECT_EQ(family.unit == "seconds", family.name.ends_with("_seconds"));
  }
}

TEST(FamiliesTest, HelpsInOneSentence) {
  for (const Family& family : kFamilies) {
    SCOPED_TRACE(family.name);
    EXPECT_TRUE(family.help.ends_with('.'));
    EXPECT_EQ(family.help.find_first_of("\"\\\n"), std::string_view::npos);
  }
}

}  // namespace
}  // namespace exporter
