#include "expose/label_table.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

TEST(LabelTableTest, RendersEachDatasetsOwnLabels) {
  auto catalogue = std::make_shared<Catalogue>();
  catalogue->datasets.resize(3);
  catalogue->datasets[0].key = {"p", "d\"1"};
  catalogue->datasets[0].labels = {{"team", "a\\b"}, {"tier", ""}};
  catalogue->datasets[1].key = {"q\"", "d1"};
  catalogue->datasets[2].key = {"p", "d2"};
  catalogue->datasets[2].name = "cats\n";
  catalogue->datasets[2].region = "eu-de";

  const LabelTable table(catalogue);

  EXPECT_EQ(table.Project(0), R"(project_id="p",)");
  EXPECT_EQ(table.Id(0), R"(dataset_id="d\"1")");
  EXPECT_EQ(table.Info(0), R"(dataset_id="d\"1",name="",)"
                           R"(region="",team="a\\b",tier="")");
  EXPECT_EQ(table.Project(1), R"(project_id="q\"",)");
  EXPECT_EQ(table.Id(1), R"(dataset_id="d1")");
  EXPECT_EQ(table.Project(2).data(), table.Project(0).data()) << "held twice";
  EXPECT_EQ(table.Id(2), R"(dataset_id="d2")");
  EXPECT_EQ(table.Info(2), R"(dataset_id="d2",name="cats\n",)"
                           R"(region="eu-de")");
  EXPECT_EQ(table.catalogue(), catalogue);
}

}  // namespace
}  // namespace exporter
