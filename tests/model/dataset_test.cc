#include "model/dataset.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

TEST(DatasetKeyTest, IsNamedByProjectAndDataset) {
  EXPECT_EQ(ToString(DatasetKey{"p1", "d1"}), "p1/d1");
}

TEST(DatasetKeyTest, IsOrderedByProjectFirst) {
  EXPECT_LT((DatasetKey{"a", "z"}), (DatasetKey{"b", "a"}));
  EXPECT_LT((DatasetKey{"a", "a"}), (DatasetKey{"a", "b"}));
}

}  // namespace
}  // namespace exporter
