#include "base/fault.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

TEST(FaultTest, NamesFileLineAndColumn) {
  EXPECT_EQ(ToString(Fault{"a.yml", 3, 14, "timeout: is missing"}),
            "a.yml:3:14: timeout: is missing");
}

TEST(FaultTest, NamesTheFileAloneWhereThatIsMeant) {
  EXPECT_EQ(ToString(Fault{"a.yml", 0, 0, "is empty"}), "a.yml: is empty");
}

}  // namespace
}  // namespace exporter
